package rules

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed awsservices.txt
var awsServicesText string

// awsPartition is AWS's services in one partition.
type awsPartition struct {
	suffix   string
	regions  map[string]bool
	services map[string]Service // by the labels before the Region
}

// Service is an AWS service at one host name.
type Service struct {
	Name   string // of its interface endpoints: com.amazonaws.us-east-1.sts
	Host   string
	Region string
}

var awsPartitions = sync.OnceValue(func() []awsPartition {
	var out []awsPartition
	for line := range strings.Lines(awsServicesText) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#":
		case f[0] == "partition":
			out = append(out, awsPartition{suffix: f[2], regions: map[string]bool{}, services: map[string]Service{}})
		case f[0] == "regions":
			for _, r := range f[1:] {
				out[len(out)-1].regions[r] = true
			}
		default:
			s := Service{Name: f[0]}
			if len(f) == 3 {
				s.Host, s.Region = f[1], f[2]
			}
			out[len(out)-1].services[f[0]] = s
		}
	}
	return out
})

// FindService finds the AWS service that a word, an endpoint service's name or
// a host name stands for: "sts", "ecr.api", "com.amazonaws.us-east-1.sts",
// "com.amazonaws.iam", "sts.us-east-1.amazonaws.com", "iam.amazonaws.com",
// "111122223333.dkr.ecr.us-east-1.amazonaws.com". region is where a word is
// asked from. ok is false where AWS has no such service.
func FindService(word, region string) (s Service, ok bool) {
	word = strings.ToLower(strings.TrimSuffix(word, "."))
	if rest, named := strings.CutPrefix(strings.TrimPrefix(word, "cn."), "com.amazonaws."); named {
		if r, name, regional := strings.Cut(rest, "."); regional && regionKnown(r) {
			return serviceIn(mirrored(name), r)
		}
		return serviceIn(mirrored(rest), region)
	}
	for _, p := range awsPartitions() {
		labels, under := strings.CutSuffix(word, "."+p.suffix)
		if !under {
			continue
		}
		if i := strings.LastIndexByte(labels, '.'); i > 0 && p.regions[labels[i+1:]] {
			if s, ok := p.host(labels[:i], labels[i+1:], word); ok {
				return s, true
			}
		}
		for _, g := range p.services {
			if g.Host == word {
				return g.global(), true
			}
		}
	}
	if s, ok = serviceIn(word, region); ok {
		return s, ok
	}
	return serviceIn(mirrored(word), region)
}

// host finds the service of LABELS.REGION: labels before the service's own are
// an account's or a resource's.
func (p *awsPartition) host(labels, region, host string) (Service, bool) {
	for rest := labels; rest != ""; _, rest, _ = strings.Cut(rest, ".") {
		if s, ok := p.services[rest]; ok && s.Host == "" {
			return Service{Name: endpointServiceName(rest, region), Host: host, Region: region}, true
		}
	}
	return Service{}, false
}

func serviceIn(labels, region string) (Service, bool) {
	for _, p := range awsPartitions() {
		if region != "" && !p.regions[region] {
			continue
		}
		s, ok := p.services[labels]
		switch {
		case !ok:
		case s.Host != "":
			return s.global(), true
		case region != "":
			return Service{Name: endpointServiceName(labels, region), Host: labels + "." + region + "." + p.suffix, Region: region}, true
		default:
			return Service{}, true // which Region is open
		}
	}
	return Service{}, false
}

// global is a service of one host in its partition. Its endpoint's name has no Region.
func (s Service) global() Service {
	s.Name = "com.amazonaws." + mirrored(s.Name)
	return s
}

func regionKnown(region string) bool {
	return slices.ContainsFunc(awsPartitions(), func(p awsPartition) bool { return p.regions[region] })
}

func endpointServiceName(labels, region string) string {
	return "com.amazonaws." + region + "." + mirrored(labels)
}

// mirrored turns the labels of a host name into those of an endpoint's service
// name, and back: api.ecr and ecr.api.
func mirrored(labels string) string {
	parts := strings.Split(labels, ".")
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}
