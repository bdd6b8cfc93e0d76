package rules

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed iamservices.txt
var iamServicesText string

// ActionService is the service that an action belongs to, as its API is called.
type ActionService struct {
	Endpoint         Service
	ResourcePolicies bool // its resources may have policies of their own
	RCPs             bool // resource control policies cover it
}

type iamService struct{ actions, host, endpoint, flags string }

var iamServices = sync.OnceValue(func() []iamService {
	var out []iamService
	for line := range strings.Lines(iamServicesText) {
		if f := strings.Fields(line); len(f) == 4 && f[0] != "#" {
			out = append(out, iamService{f[0], f[1], f[2], f[3]})
		}
	}
	return out
})

// ServiceOfAction finds the service of an action, such as ecr:BatchGetImage, in
// a Region. ok is false where no host name of it is known; what is known of its
// resources is there all the same.
func ServiceOfAction(action, region string) (s ActionService, ok bool) {
	prefix, _, _ := strings.Cut(action, ":")
	row := iamService{host: "-", endpoint: "-"}
	for _, r := range iamServices() {
		if len(action) >= len(r.actions) && strings.EqualFold(action[:len(r.actions)], r.actions) {
			row = r
			break
		}
	}
	s.ResourcePolicies, s.RCPs = strings.Contains(row.flags, "policy"), strings.Contains(row.flags, "rcp")
	host := row.host
	if host == "-" {
		host = strings.ToLower(prefix)
	}
	s.Endpoint, ok = FindService(host, region)
	if ok && row.endpoint != "-" && s.Endpoint.Region != "" {
		s.Endpoint.Name = "com.amazonaws." + s.Endpoint.Region + "." + row.endpoint
	}
	return s, ok
}
