package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// checkDHCP asks for the two keys that SageMaker reads of a VPC's DHCP option
// set. Processing and training jobs are refused without them; whether other
// jobs are is not documented (N169).
func (r jobRules) checkDHCP(v snapshot.Located[snapshot.VPC]) {
	severity := Blocker
	switch r.work.DHCP {
	case services.DHCPRefused:
	case services.DHCPWarns:
		severity = Warning
	case services.DHCPIgnored:
		return
	}
	for i := range v.Region.EC2.DHCPOptions.Items {
		o := &v.Region.EC2.DHCPOptions.Items[i]
		if o.ID != v.Item.DHCPOptionsID {
			continue
		}
		var lacks []string
		if len(o.DNSServers) == 0 {
			lacks = append(lacks, "domain-name-servers")
		}
		if o.DomainName == "" {
			lacks = append(lacks, "domain-name")
		}
		if len(lacks) == 0 {
			return
		}
		f := Finding{Code: finding.JobDHCPOptions, Gate: GateJob, Component: string(o.ID), Pointer: o.At.Pointer(), Rule: "N169", URL: "https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html",
			Message: fmt.Sprintf("%s, the DHCP option set of %s, has no %s; SageMaker refuses processing and training jobs in such a VPC.", o.ID, v.Item.ID, strings.Join(lacks, " and no ")),
			Fix:     fmt.Sprintf("Create a DHCP option set with domain-name and domain-name-servers, and associate it with %s.", v.Item.ID)}
		if severity == Blocker {
			r.block(f, everywhere)
		} else {
			r.warn(f, everywhere)
		}
		return
	}
}
