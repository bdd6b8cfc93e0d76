package access

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Without changes a snapshot as AWS would if a component went: a NAT gateway
// ("nat-…") or VPC endpoint ("vpce-…") is deleted, an entry leaves a prefix list
// ("pl-…=CIDR"), or a zone fails ("zone:us-east-1a"), with the NAT gateways and
// the interfaces of endpoints in it. An error means that the snapshot holds no
// such component.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
func Without(s *snapshot.Snapshot, what string) error {
	found := false
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			hit, err := withoutIn(r, what)
			if err != nil {
				return err
			}
			found = found || hit
		}
	}
	if !found {
		return fmt.Errorf("the snapshot has no %q: expected nat-…, vpce-…, pl-…=CIDR or zone:ZONE with a NAT gateway or endpoint interface in it", what)
	}
	return nil
}

func withoutIn(r *snapshot.Region, what string) (bool, error) {
	if zone, ok := strings.CutPrefix(what, "zone:"); ok {
		return withoutZone(r, zone), nil
	}
	if list, cidr, ok := strings.Cut(what, "="); ok {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return false, fmt.Errorf("%q: expected pl-…=CIDR: %w", what, err)
		}
		return withoutEntry(r, list, prefix), nil
	}
	return withoutNAT(r, func(n *snapshot.NATGateway) bool { return string(n.ID) == what }) || withoutEndpoint(r, what), nil
}

// withoutNAT deletes NAT gateways: their routes become blackholes.
func withoutNAT(r *snapshot.Region, gone func(*snapshot.NATGateway) bool) (found bool) {
	for i := range r.EC2.NATGateways.Items {
		n := &r.EC2.NATGateways.Items[i]
		if !gone(n) {
			continue
		}
		found = true
		n.State = "deleted"
		for j := range r.EC2.RouteTables.Items {
			for k := range r.EC2.RouteTables.Items[j].Routes {
				if route := &r.EC2.RouteTables.Items[j].Routes[k]; route.Target == string(n.ID) {
					route.State = "blackhole"
				}
			}
		}
	}
	return found
}

// withoutEndpoint deletes an endpoint with the routes and interfaces that it made.
func withoutEndpoint(r *snapshot.Region, id string) bool {
	i := slices.IndexFunc(r.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool { return string(e.ID) == id })
	if i < 0 {
		return false
	}
	interfaces := r.EC2.VPCEndpoints.Items[i].Interfaces
	r.EC2.VPCEndpoints.Items = slices.Delete(r.EC2.VPCEndpoints.Items, i, i+1)
	r.EC2.NetworkInterfaces.Items = slices.DeleteFunc(r.EC2.NetworkInterfaces.Items, func(e snapshot.NetworkInterface) bool { return slices.Contains(interfaces, e.ID) })
	for j := range r.EC2.RouteTables.Items {
		t := &r.EC2.RouteTables.Items[j]
		t.Routes = slices.DeleteFunc(t.Routes, func(route snapshot.Route) bool { return route.Target == id })
	}
	return true
}

// withoutEntry takes an entry from a list. The service of AWS's list answers
// from these addresses still: only what names the list no longer covers them.
func withoutEntry(r *snapshot.Region, list string, prefix netip.Prefix) (found bool) {
	for i := range r.EC2.PrefixLists.Items {
		l := &r.EC2.PrefixLists.Items[i]
		if string(l.ID) != list {
			continue
		}
		before := len(l.Entries)
		l.Entries = slices.DeleteFunc(l.Entries, func(e snapshot.PrefixListEntry) bool { return e.CIDR == prefix })
		if len(l.Entries) < before {
			found = true
			l.Unlisted = append(l.Unlisted, prefix)
		}
	}
	return found
}

func withoutZone(r *snapshot.Region, zone string) bool {
	in := map[snapshot.SubnetID]bool{}
	for i := range r.EC2.Subnets.Items {
		if n := &r.EC2.Subnets.Items[i]; n.AvailabilityZone == zone {
			in[n.ID] = true
		}
	}
	found := withoutNAT(r, func(n *snapshot.NATGateway) bool { return in[n.Subnet] })
	gone := map[snapshot.NetworkInterfaceID]bool{}
	for i := range r.EC2.NetworkInterfaces.Items {
		if e := &r.EC2.NetworkInterfaces.Items[i]; in[e.Subnet] {
			gone[e.ID] = true
		}
	}
	for i := range r.EC2.VPCEndpoints.Items {
		e := &r.EC2.VPCEndpoints.Items[i]
		before := len(e.Interfaces)
		e.Interfaces = slices.DeleteFunc(e.Interfaces, func(id snapshot.NetworkInterfaceID) bool { return gone[id] })
		e.Subnets = slices.DeleteFunc(e.Subnets, func(id snapshot.SubnetID) bool { return in[id] })
		found = found || len(e.Interfaces) < before
	}
	return found
}
