package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// destinations finds what the question's other end stands for.
func (a resolver) destinations() (resolution, error) {
	to := &a.q.To
	at := Hop{Component: a.from.component, Kind: "destination"}
	one := func(d packetset.Set) (resolution, error) {
		if d == packetset.None {
			return resolution{}, nonsense("the destination has no address")
		}
		return resolution{branches: []branch{{destinations: d, at: at}}}, nil
	}
	switch {
	case to.S3 != nil:
		n, err := a.s3Name(to.S3)
		if err != nil {
			return resolution{}, err
		}
		a.name = n
		return a.resolveName(), nil
	case to.Service != "":
		s, ok := serviceNamed(to.Service)
		if !ok {
			return resolution{}, nonsense("%q is not a service name such as com.amazonaws.us-east-1.sts", to.Service)
		}
		a.name = rules.Name{Host: orElse(to.Host, s.Host), Form: rules.FormService, Region: s.Region}
		return a.resolveName(), nil
	case to.Host != "":
		if !rules.MayBePrivate(to.Host) {
			a.assumed = append(a.assumed, fmt.Sprintf("%s is a host on the internet: AWS has no service of that name.", to.Host))
		}
		a.name = rules.Name{Host: to.Host, Form: rules.FormHost, Dualstack: !a.from.v4}
		return a.resolveName(), nil
	case to.Internet:
		return one(a.publicInternet())
	case to.unknownAnswer:
		a.addNamedByGroups()
		return one(a.wherever())
	case to.VPCEndpoint != "":
		return a.toEndpoint(to.VPCEndpoint, at)
	case to.Interface != "":
		return a.toInterfaces([]snapshot.NetworkInterfaceID{to.Interface}, one)
	case to.Instance != "":
		ids := a.x.interfacesOf(to.Instance)
		if len(ids) == 0 {
			return resolution{}, nonsense("instance %s is not in the snapshot, or has no interface", to.Instance)
		}
		return a.toInterfaces(ids, one)
	case to.Subnet != "":
		return a.toSubnet(to.Subnet, one)
	case to.Address.IsValid():
		p := to.Address.Masked()
		for _, e := range a.interfacesIn(p) {
			a.addTarget(e, a.endpointOf(e.Item.ID), p.Contains)
		}
		a.addPublicTargets(p)
		return one(a.s.Prefix(packetset.Destination, p))
	}
	return resolution{}, nonsense("the question names no destination")
}

// serviceNamed reads the name of an endpoint service. One that AWS's table
// lacks, such as a customer's, is taken by its form.
func serviceNamed(name string) (rules.Service, bool) {
	if s, ok := rules.FindService(name, ""); ok && s.Name == name {
		return s, true
	}
	region, service, ok := rules.SplitServiceName(name)
	return rules.Service{Name: name, Host: service + "." + region + ".amazonaws.com", Region: region}, ok
}

// s3Name reads the name that the client calls.
func (a resolver) s3Name(d *S3Destination) (rules.Name, error) {
	host := d.Hostname
	if host == "" {
		host = clientName(d)
	}
	n, err := rules.ParseName(host)
	if err != nil {
		return n, nonsense("%q is %v", host, err)
	}
	if n.Region == "" {
		n.Region = d.Region
	}
	if a.explain && d.Region != "" && n.Form == rules.FormRegional && n.Region != d.Region {
		a.note(Finding{Code: finding.VPCERegionMismatch, Gate: finding.GateEndpoint, Severity: finding.Info, Component: n.Host,
			Message: fmt.Sprintf("%s is the front door of %s, and the bucket is in %s: S3 answers with a redirect or an error.", n.Host, n.Region, d.Region), Rule: "N14", URL: urlEndpointS3})
	}
	return n, nil
}

func (a resolver) toInterfaces(ids []snapshot.NetworkInterfaceID, one func(packetset.Set) (resolution, error)) (resolution, error) {
	for _, id := range ids {
		e, ok := a.x.NetworkInterfaces.Find(id)
		if !ok {
			return resolution{}, nonsense("network interface %s is not in the snapshot", id)
		}
		a.addTarget(e, a.endpointOf(id), func(x netip.Addr) bool { return x.Is4() && a.from.v4 || x.Is6() && a.from.v6 })
	}
	return one(a.targetCases())
}

// toEndpoint is an interface endpoint by its id, whatever name leads to it.
func (a resolver) toEndpoint(id snapshot.VPCEndpointID, at Hop) (resolution, error) {
	e, ok := a.x.VPCEndpoints.Find(id)
	switch {
	case !ok:
		return resolution{}, nonsense("endpoint %s is not in the snapshot", id)
	case rules.KindOfEndpoint(e.Item) != rules.EndpointInterface:
		return resolution{}, nonsense("%s has no address of its own: name the service that it is for, such as %s", id, e.Item.ServiceName)
	}
	a.name.Host = string(id)
	at.Component = string(id)
	return resolution{branches: []branch{a.endpointBranch(e, "", at)}}, nil
}

func (a resolver) toSubnet(id snapshot.SubnetID, one func(packetset.Set) (resolution, error)) (resolution, error) {
	n, ok := a.x.Subnets.Find(id)
	if !ok {
		return resolution{}, nonsense("subnet %s is not in the snapshot", id)
	}
	groups, known := a.defaultGroup(n)
	a.targets = append(a.targets, target{component: string(id), kind: "subnet", name: nameOf(n.Item.Tags), at: n.Item.At, vpc: n.Item.VPC, subnet: id, groups: groups, groupsKnown: known,
		cases: usable(a.s, packetset.Destination, n.Item, a.from.v4, a.from.v6)})
	a.assumed = append(a.assumed, fmt.Sprintf("Interfaces in %s are judged with the default security group of %s.", id, n.Item.VPC))
	return one(a.targetCases())
}

// publicInternet is every public address in the client's families.
func (a resolver) publicInternet() packetset.Set {
	return a.s.Diff(a.inFamilies("2000::/3"), a.notInternet(packetset.Destination))
}

// inFamilies is every IPv4 destination, if the client has an IPv4 address, and
// those in v6, if it has an IPv6 address.
func (a resolver) inFamilies(v6 string) packetset.Set {
	d := packetset.None
	if a.from.v4 {
		d = a.s.Prefix(packetset.Destination, netip.MustParsePrefix("0.0.0.0/0"))
	}
	if a.from.v6 {
		d = a.s.Or(d, a.s.Prefix(packetset.Destination, netip.MustParsePrefix(v6)))
	}
	return d
}

// notInternet is what is no host of the internet: special addresses, and
// those of the snapshot's own VPCs, whose IPv6 addresses are global.
func (a resolver) notInternet(e packetset.End) packetset.Set {
	x := packetset.None
	for _, p := range rules.NotOnInternet() {
		x = a.s.Or(x, a.s.Prefix(e, p))
	}
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.VPCs.Items {
				for _, p := range slices.Concat(r.EC2.VPCs.Items[i].CIDRs, r.EC2.VPCs.Items[i].IPv6CIDRs) {
					x = a.s.Or(x, a.s.Prefix(e, p))
				}
			}
		}
	}
	return x
}
