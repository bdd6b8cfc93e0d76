package snapshot

import (
	"fmt"
	"slices"
)

var (
	transitGatewayShape = shape[TransitGateway]{(*reader).transitGateway,
		func(v *TransitGateway) string { return string(v.ID) }, "TransitGatewayId"}
	tgwAttachmentShape = shape[TGWAttachment]{(*reader).tgwAttachment,
		func(v *TGWAttachment) string { return string(v.ID) }, "TransitGatewayAttachmentId"}
	tgwVPCAttachmentShape = shape[TGWAttachment]{(*reader).tgwVPCAttachment,
		func(v *TGWAttachment) string { return string(v.ID) }, "TransitGatewayAttachmentId"}
	tgwRouteTableShape = shape[TGWRouteTable]{(*reader).tgwRouteTable,
		func(v *TGWRouteTable) string { return string(v.ID) }, "TransitGatewayRouteTableId"}
)

// transitGateway reads one of describe-transit-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateways.html
func (r *reader) transitGateway(at Source, v *TransitGateway) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "TransitGatewayId":
			readText(r, &v.ID)
		case "OwnerId":
			v.OwnerID = r.text()
		case "State":
			v.State = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "Options":
			v.SecurityGroupReferencing = r.nestedText("SecurityGroupReferencingSupport")
		default:
			r.Skip()
		}
	}
}

func (r *reader) tgwVPCAttachment(at Source, v *TGWAttachment) {
	v.ResourceType = "vpc"
	r.tgwAttachment(at, v)
}

// tgwAttachment reads one of describe-transit-gateway-attachments or
// describe-transit-gateway-vpc-attachments.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateway-attachments.html
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateway-vpc-attachments.html
func (r *reader) tgwAttachment(at Source, v *TGWAttachment) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "TransitGatewayAttachmentId":
			readText(r, &v.ID)
		case "TransitGatewayId":
			readText(r, &v.Gateway)
		case "ResourceType":
			v.ResourceType = r.text()
		case "ResourceId", "VpcId":
			fill(&v.ResourceID, r.text())
		case "ResourceOwnerId", "VpcOwnerId":
			fill(&v.ResourceOwner, r.text())
		case "TransitGatewayOwnerId":
			v.GatewayOwner = r.text()
		case "State":
			v.State = r.text()
		case "SubnetIds":
			v.Subnets = readTexts[SubnetID](r, &v.SubnetsKnown)
		case "Association":
			r.tgwAssociation(v)
		case "Options":
			r.tgwAttachmentOptions(v)
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

func (r *reader) tgwAssociation(v *TGWAttachment) {
	if !r.object() {
		return
	}
	v.AssociationKnown = true
	for r.NextKey() {
		switch r.Key() {
		case "TransitGatewayRouteTableId":
			readText(r, &v.AssociatedTable)
		case "State":
			v.AssociationState = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) tgwAttachmentOptions(v *TGWAttachment) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "ApplianceModeSupport":
			v.ApplianceMode = r.text()
		case "Ipv6Support":
			v.IPv6Support = r.text()
		case "SecurityGroupReferencingSupport":
			v.SecurityGroupReferencing = r.text()
		default:
			r.Skip()
		}
	}
}

// mergeAttachments joins what the two calls tell of one attachment.
// describe-transit-gateway-attachments leaves Association out where there is
// none, so an attachment that it lists has a known association.
func (r *reader) mergeAttachments(all, ofVPCs Collection[TGWAttachment]) Collection[TGWAttachment] {
	out := all
	for i := range out.Items {
		out.Items[i].AssociationKnown = true
	}
	if ofVPCs.Presence == NotCollected {
		return out
	}
	if out.Presence == NotCollected {
		return ofVPCs
	}
	byID := make(map[TGWAttachmentID]int, len(out.Items))
	for i, a := range out.Items {
		byID[a.ID] = i
	}
	for _, a := range ofVPCs.Items {
		i, found := byID[a.ID]
		if !found {
			out.Items = append(out.Items, a)
			continue
		}
		into := &out.Items[i]
		gateway := string(into.Gateway)
		same := fill(&gateway, string(a.Gateway)) && fill(&into.ResourceType, a.ResourceType) &&
			fill(&into.ResourceID, a.ResourceID) && fill(&into.ResourceOwner, a.ResourceOwner) && fill(&into.State, a.State)
		into.Gateway = TransitGatewayID(gateway)
		fill(&into.ApplianceMode, a.ApplianceMode)
		fill(&into.IPv6Support, a.IPv6Support)
		fill(&into.SecurityGroupReferencing, a.SecurityGroupReferencing)
		if !into.SubnetsKnown {
			into.Subnets, into.SubnetsKnown = a.Subnets, a.SubnetsKnown
		} else if a.SubnetsKnown && !slices.Equal(sorted(into.Subnets), sorted(a.Subnets)) {
			same = false
		}
		if !same {
			r.contradiction(a.At, "TransitGatewayAttachmentId", string(a.ID), into.At)
		}
	}
	return out
}

func sorted[T ~string](ids []T) []T {
	out := slices.Clone(ids)
	slices.Sort(out)
	return out
}

// tgwRouteTable reads one of describe-transit-gateway-route-tables with its
// Routes, or an item of TransitGatewayRoutes.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/search-transit-gateway-routes.html
func (r *reader) tgwRouteTable(at Source, v *TGWRouteTable) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "TransitGatewayRouteTableId":
			readText(r, &v.ID)
		case "TransitGatewayId":
			readText(r, &v.Gateway)
		case "State":
			v.State = r.text()
		case "Routes":
			v.Routes, v.RoutesKnown = r.tgwRoutes(r.child(at, "Routes"))
		case "AdditionalRoutesAvailable":
			v.MoreRoutes = r.bool()
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

func (r *reader) tgwRoutes(base string) ([]TGWRoute, bool) {
	if !r.array() {
		return nil, false
	}
	out := []TGWRoute{}
	for i := 0; r.NextItem(); i++ {
		v := TGWRoute{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "DestinationCidrBlock":
				v.CIDR = r.prefix(anyFamily)
			case "PrefixListId":
				readText(r, &v.PrefixList)
			case "Type":
				v.Type = r.text()
			case "State":
				v.State = r.text()
			case "TransitGatewayAttachments":
				v.Attachments = r.tgwRouteAttachments()
			default:
				r.Skip()
			}
		}
		out = append(out, v)
	}
	return out, true
}

func (r *reader) tgwRouteAttachments() []TGWRouteAttachment {
	var out []TGWRouteAttachment
	for ok := r.array(); ok && r.NextItem(); {
		var a TGWRouteAttachment
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "TransitGatewayAttachmentId":
				readText(r, &a.ID)
			case "ResourceType":
				a.ResourceType = r.text()
			case "ResourceId":
				a.ResourceID = r.text()
			default:
				r.Skip()
			}
		}
		out = append(out, a)
	}
	return out
}

// mergeTGWRoutes gives the tables the routes that were listed on their own.
func (r *reader) mergeTGWRoutes(tables, routes Collection[TGWRouteTable]) Collection[TGWRouteTable] {
	if routes.Presence == NotCollected {
		return tables
	}
	if tables.Presence == NotCollected {
		return routes
	}
	byID := make(map[TGWRouteTableID]int, len(tables.Items))
	for i, t := range tables.Items {
		byID[t.ID] = i
	}
	for _, t := range routes.Items {
		i, found := byID[t.ID]
		switch {
		case !found:
			tables.Items = append(tables.Items, t)
		case !tables.Items[i].RoutesKnown:
			into := &tables.Items[i]
			into.Routes, into.RoutesKnown, into.MoreRoutes = t.Routes, t.RoutesKnown, t.MoreRoutes
		case !sameTGWRoutes(t.Routes, tables.Items[i].Routes):
			r.contradiction(t.At, "TransitGatewayRouteTableId", string(t.ID), tables.Items[i].At)
		}
	}
	return tables
}

// sameTGWRoutes tells whether two lists hold the same routes, in any order.
func sameTGWRoutes(a, b []TGWRoute) bool {
	lines := func(routes []TGWRoute) []string {
		out := make([]string, len(routes))
		for i, v := range routes {
			out[i] = fmt.Sprint(v.CIDR, " ", v.PrefixList, " ", v.Type, " ", v.State, " ", v.Attachments)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(lines(a), lines(b))
}
