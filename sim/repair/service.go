package repair

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// to is the other end of the question, where it is not S3: what trace was
// given, or the host name of the service whose action is asked about.
func (g networkRepairs) to() string {
	if g.q.Trace != nil {
		return g.q.Trace.To
	}
	s, _ := g.service("")
	return s.Host
}

// service is the AWS service that a question is about; false: S3, or no
// service at all.
func (g networkRepairs) service(region string) (rules.Service, bool) {
	if g.q.Trace != nil {
		s, ok := rules.FindService(strings.TrimPrefix(strings.TrimPrefix(g.q.Trace.To, "https://"), "http://"), region)
		return s, ok && s.Name != "" && !g.toS3()
	}
	actions := g.q.Check.Actions
	if len(actions) == 0 || strings.HasPrefix(strings.ToLower(actions[0]), "s3") {
		return rules.Service{}, false
	}
	if h := g.q.Check.Options.Hostname; h != "" {
		return rules.FindService(h, region)
	}
	s, ok := rules.ServiceOfAction(actions[0], cmp.Or(region, g.q.Check.Region, "us-east-1"))
	return s.Endpoint, ok && s.Endpoint.Name != ""
}

// gatewayService is the service of the gateway endpoints that carry the
// question's traffic, and its name; "": there are none.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-ddb.html
func (g networkRepairs) gatewayService(region string) (service, name string) {
	if g.toS3() {
		return "com.amazonaws." + region + ".s3", "S3"
	}
	service = "com.amazonaws." + region + ".dynamodb"
	if s, ok := g.service(region); ok && strings.HasSuffix(s.Name, service) {
		return service, "DynamoDB"
	}
	return "", ""
}

// serviceEndpoint creates an interface endpoint for the question's service in
// the subnets that lack a way to it, with private DNS and AWS's default policy.
// Its group is the source's own, which lets in its own members.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func (g networkRepairs) serviceEndpoint(f *sim.Finding) []candidate {
	at := g.placements(f)
	if len(at) == 0 || len(g.source.groups) == 0 {
		return nil
	}
	r, vpc := at[0].Region, at[0].Item.VPC
	s, ok := g.service(r.Name)
	if _, gateway := g.gatewayService(r.Name); !ok || s.Region != r.Name || gateway != "" {
		return nil // a gateway endpoint does it, without charge
	}
	var subnets, zones []string
	for _, p := range at {
		if p.Item.VPC == vpc && p.Region == r && !slices.Contains(zones, p.Item.AvailabilityZone) {
			subnets, zones = append(subnets, string(p.Item.ID)), append(zones, p.Item.AvailabilityZone)
		}
	}
	group := g.source.groups[0]
	c := change.New("CreateVpcEndpoint", "VpcId", string(vpc), "ServiceName", s.Name, "VpcEndpointType", "Interface",
		"SubnetIds", subnets, "SecurityGroupIds", []string{group}, "PrivateDnsEnabled", true)
	c.As = g.freshEndpoint(r)
	changes := append(g.admit(group, r), c)
	return []candidate{{changes: changes, cost: costNew, actor: g.actor(at[0].Item.OwnerID, "the VPC's owner"),
		why: fmt.Sprintf("Create an interface endpoint for %s in %s, with private DNS and the group %s, which lets in its own members.", s.Name, vpc, group)}}
}

// admit lets a group in from itself at TCP port 443, where no rule does.
func (g networkRepairs) admit(group string, r *snapshot.Region) []change.Change {
	for i := range r.EC2.SecurityGroups.Items {
		sg := &r.EC2.SecurityGroups.Items[i]
		if string(sg.ID) != group {
			continue
		}
		for _, p := range sg.Ingress {
			itself := slices.ContainsFunc(p.Groups, func(x snapshot.GroupReference) bool { return string(x.Group) == group })
			if itself && (p.FromPort == nil || p.ToPort == nil || *p.FromPort <= 443 && *p.ToPort >= 443) {
				return nil
			}
		}
	}
	permission := located.Pairs(append([]any{"IpProtocol", "tcp", "FromPort", 443, "ToPort", 443}, pair(group)...)...)
	return []change.Change{change.New("AuthorizeSecurityGroupIngress", "GroupId", group, "IpPermissions", []located.Value{permission})}
}
