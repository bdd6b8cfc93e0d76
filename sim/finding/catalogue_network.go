package finding

// Codes of the network: AWS's Reachability Analyzer code wherever the meaning is the same, our own elsewhere.
var (
	DNSDisabled = define("DNS_DISABLED", Entry{Kind: Blocking, Title: "The VPC's DNS resolver is switched off", Gates: []Gate{GateDNS},
		Meaning: "enableDnsSupport is false, so that the Amazon resolver answers no query.", Do: "Set enableDnsSupport to true.", Rules: []string{"N97"}})
	DNSServerUnreachable = define("DNS_SERVER_UNREACHABLE", Entry{Kind: Blocking, Title: "The DNS server cannot be reached", Gates: []Gate{GateDNS},
		Meaning: "The servers that the DHCP options name are not reachable from the client.", Do: "Open the way to the DNS servers, or use AmazonProvidedDNS.", Rules: []string{"N98"}})
	DNSPHZNxdomain = define("DNS_PHZ_NXDOMAIN", Entry{Kind: Blocking, Title: "A private hosted zone hides the name", Gates: []Gate{GateDNS},
		Meaning: "A private zone of the name's domain is associated with the VPC and has no record for it; the resolver does not go on to public DNS.", Do: "Add the record, or take the zone off the VPC.", Rules: []string{"N100"}})
	DNSFirewallBlock = define("DNS_FIREWALL_BLOCK", Entry{Kind: Blocking, Title: "DNS Firewall blocks the name", Gates: []Gate{GateDNS},
		Meaning: "A rule group of the VPC answers the query with a block.", Do: "Allow the name in the rule group.", Rules: []string{"N103"}})
	DNSHostnamesOff = define("DNS_HOSTNAMES_OFF", Entry{Kind: Blocking, Title: "enableDnsHostnames is off", Gates: []Gate{GateDNS},
		Meaning: "Private DNS names of endpoints need it.", Do: "Set enableDnsHostnames to true.", Rules: []string{"N99"}})
	S3NameForm = define("S3_NAME_FORM", Entry{Kind: Blocking, Title: "Another name of the bucket fares differently", Gates: []Gate{GateDNS},
		Meaning: "DNS answers the path-style or global name of S3 otherwise than the virtual-hosted name that SDKs call.", Do: "Ask with --hostname for the name that your client calls.", Rules: []string{"N168"}})
	DNSNotCollected = define("DNS_NOT_COLLECTED", Entry{Kind: Blocking, Title: "Route 53 was not collected", Gates: []Gate{GateDNS},
		Meaning: "Private zones, Resolver rules and DNS Firewall are taken as absent.", Do: "Collect Route 53 and Route 53 Resolver, or use --strict.", Rules: []string{"N104"}})
	BPANotCollected = define("BPA_NOT_COLLECTED", Entry{Kind: Blocking, Title: "VPC Block Public Access was not collected", Gates: []Gate{GateRoute},
		Meaning: "It is taken as switched off, as it is by default.", Do: "Collect it, or use --strict.", Rules: []string{"N161"}})
	EncryptionControlsNotCollected = define("ENCRYPTION_CONTROLS_NOT_COLLECTED", Entry{Kind: Blocking, Title: "VPC encryption controls were not collected", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "They are taken as absent, as they are by default.", Do: "Collect them, or use --strict.", Rules: []string{"N161"}})
	SGHasNoRules = define("SG_HAS_NO_RULES", Entry{Kind: Blocking, Title: "The security group has no rules in this direction", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "A security group without rules allows nothing.", Do: "Add a rule for the traffic.", Analyzer: "SG_HAS_NO_RULES", Rules: []string{"N79"}})
	ENISGRulesMismatch = define("ENI_SG_RULES_MISMATCH", Entry{Kind: Blocking, Title: "No rule of the security groups allows the traffic", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "Security groups allow only what a rule lists.", Do: "Add a rule for the traffic.", Analyzer: "ENI_SG_RULES_MISMATCH", Rules: []string{"N64", "N78"}})
	SGReferencesNotPreserved = define("SG_REFERENCES_NOT_PRESERVED", Entry{Kind: Blocking, Title: "A rule names a group whose identity is lost on the way", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "Behind a NAT, an appliance or some transit gateways the other side's groups are not known.", Do: "Name addresses instead of the group.", Analyzer: "SG_REFERENCES_NOT_PRESERVED", Rules: []string{"N83", "N124"}})
	SGPortRange = define("SG_PORT_RANGE", Entry{Kind: Blocking, Title: "A rule's port range is not what it seems", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "The rule lists a port range that AWS reads otherwise.", Do: "Write the range out.", Rules: []string{"N82"}})
	SubnetACLRestriction = define("SUBNET_ACL_RESTRICTION", Entry{Kind: Blocking, Title: "The network ACL denies the traffic", Gates: []Gate{GateNACLEgress, GateNACLIngress},
		Meaning: "A network ACL is stateless: requests and replies each need a rule.", Do: "Add a rule with a number below the deny.", Analyzer: "SUBNET_ACL_RESTRICTION", Rules: []string{"N94", "N96"}})
	NoRouteToDestination = define("NO_ROUTE_TO_DESTINATION", Entry{Kind: Blocking, Title: "The route table has no route for the destination", Gates: []Gate{GateRoute},
		Meaning: "Traffic that no route covers is dropped.", Do: "Add a route, or associate the gateway endpoint with the table.", Analyzer: "NO_ROUTE_TO_DESTINATION", Rules: []string{"N38", "N120"}})
	BadStateRoute = define("BAD_STATE_ROUTE", Entry{Kind: Blocking, Title: "The route is a blackhole", Gates: []Gate{GateRoute},
		Meaning: "The route's target is gone or not usable, and no other route is tried.", Do: "Replace the route's target.", Analyzer: "BAD_STATE_ROUTE", Rules: []string{"N35"}})
	HigherPriorityRoute = define("HIGHER_PRIORITY_ROUTE", Entry{Kind: Blocking, Title: "Another route for the same destination has priority", Gates: []Gate{GateRoute},
		Meaning: "A static route comes before the gateway endpoint's prefix list route.", Do: "Remove the route that wins, if it is not meant.", Analyzer: "HIGHER_PRIORITY_ROUTE", Rules: []string{"N25", "N28"}})
	BadState = define("BAD_STATE", Entry{Kind: Blocking, Title: "The component is not available", Gates: []Gate{GateEndpoint, GateRoute, GateJob},
		Meaning: "Its state is not one in which it carries traffic.", Do: "Wait until it is available, or repair it.", Analyzer: "BAD_STATE", Rules: []string{"N42"}})
	BadStateAttachment = define("BAD_STATE_ATTACHMENT", Entry{Kind: Blocking, Title: "The gateway is not attached where the traffic needs it", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "The attachment is missing, elsewhere or not available.", Do: "Attach the gateway to this VPC.", Analyzer: "BAD_STATE_ATTACHMENT", Rules: []string{"N42"}})
	NoPossibleDestination = define("NO_POSSIBLE_DESTINATION", Entry{Kind: Blocking, Title: "Nothing answers at the destination", Gates: []Gate{GateRoute},
		Meaning: "The component cannot deliver the traffic to anything.", Do: "Send the traffic to an address that something has.", Analyzer: "NO_POSSIBLE_DESTINATION", Rules: []string{"N116"}})
	NoSuchInterface = define("NO_SUCH_INTERFACE", Entry{Kind: Blocking, Title: "No interface has the destination's address", Gates: []Gate{GateRoute},
		Meaning: "The address is the VPC's, and nothing answers there.", Do: "Send the traffic to an address that an interface has.", Rules: []string{"N170"}})
	WaypointMissed = define("WAYPOINT_MISSED", Entry{Kind: Blocking, Title: "The traffic does not pass a component that it has to pass", Gates: []Gate{GateRoute},
		Meaning: "The question says --through, and some traffic gets there by another way, or its replies do.", Do: "Route the traffic through the component.", Rules: []string{"N184"}})
	WaypointNotAvoided = define("WAYPOINT_NOT_AVOIDED", Entry{Kind: Blocking, Title: "The traffic passes a component that it must not pass", Gates: []Gate{GateRoute},
		Meaning: "The question says --avoid, and some traffic, or its replies, passes the component.", Do: "Route the traffic another way.", Rules: []string{"N184"}})
	EndpointNotUsed = define("ENDPOINT_NOT_USED", Entry{Kind: Blocking, Title: "What keeps the traffic from an endpoint", Gates: []Gate{GateEndpoint, GateRoute, GateDNS, GateEndpointPolicy, GateSGIngress},
		Meaning: "The question asks why an endpoint is not used; a note says each reason: its VPC or service, the route, the DNS answer, the family of addresses, the policy.", Do: "Mend the first reason, and ask again.", Rules: []string{"N185"}})
	NoPath = define("NO_PATH", Entry{Kind: Blocking, Title: "Nothing leads from the source to the destination", Gates: []Gate{GateRoute},
		Meaning: "No gateway or link connects the two.", Do: "Connect the two.", Analyzer: "NO_PATH"})
	DisconnectedVPCS = define("DISCONNECTED_VPCS", Entry{Kind: Blocking, Title: "The VPCs are not connected", Gates: []Gate{GateRoute},
		Meaning: "No peering, transit gateway or other link that a route leads to connects the two VPCs.", Do: "Connect the VPCs, or choose a way that needs no link.", Analyzer: "DISCONNECTED_VPCS", Rules: []string{"N139"}})
	RoutingLoop = define("ROUTING_LOOP", Entry{Kind: Blocking, Title: "The traffic goes round in circles", Gates: []Gate{GateRoute},
		Meaning: "The routes send the traffic back to where it came from.", Do: "Correct the routes.", Rules: []string{"N143"}})
	MiddleboxOpaque = define("MIDDLEBOX_OPAQUE", Entry{Kind: Blocking, Title: "An appliance decides, and a snapshot does not show how", Gates: []Gate{GateRoute},
		Meaning: "What an appliance or firewall does to traffic is its own configuration.", Do: "Check the appliance.", Rules: []string{"N124"}})
	OnpremOpaque = define("ONPREM_OPAQUE", Entry{Kind: Blocking, Title: "The path leads out of AWS", Gates: []Gate{GateRoute},
		Meaning: "What networks outside AWS do with the traffic is not in a snapshot.", Do: "Check the network behind the gateway.", Rules: []string{"N141", "N162"}})
	AsymmetricPath = define("ASYMMETRIC_PATH", Entry{Kind: Blocking, Title: "Replies take another link than requests", Gates: []Gate{GateRoute},
		Meaning: "They are delivered, but the links may differ in the largest packet that they carry.", Do: "Route both directions over the same link.", Rules: []string{"N160"}})
	IGWPublicIPAssociationForEgress = define("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", Entry{Kind: Blocking, Title: "The interface has no public address", Gates: []Gate{GateRoute},
		Meaning: "An internet gateway carries only traffic of interfaces with a public IPv4 address.", Do: "Use a NAT gateway, a VPC endpoint or a public address.", Analyzer: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", Rules: []string{"N110", "N115"}})
	IGWPrivateIPAssociationForIngress = define("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", Entry{Kind: Blocking, Title: "The destination has no public address", Gates: []Gate{GateRoute},
		Meaning: "Traffic from the internet reaches only interfaces with a public address.", Do: "Give the interface a public address.", Analyzer: "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", Rules: []string{"N167"}})
	IGWDestinationAddressNotInRFC1918Egress = define("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", Entry{Kind: Blocking, Title: "A private destination is sent to an internet gateway", Gates: []Gate{GateRoute},
		Meaning: "An internet gateway drops traffic to private addresses.", Do: "Route private addresses elsewhere.", Analyzer: "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", Rules: []string{"N112"}})
	IGWDestinationAddressNotInRFC6598Egress = define("IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", Entry{Kind: Blocking, Title: "A shared-space destination is sent to an internet gateway", Gates: []Gate{GateRoute},
		Meaning: "An internet gateway drops traffic to 100.64.0.0/10.", Do: "Route those addresses elsewhere.", Analyzer: "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", Rules: []string{"N112"}})
	IngressRTBTrafficRedirection = define("INGRESS_RTB_TRAFFIC_REDIRECTION", Entry{Kind: Blocking, Title: "An edge route table redirects the replies", Gates: []Gate{GateRoute},
		Meaning: "Replies that come in by the gateway are sent to an appliance.", Do: "Send requests through the appliance, too.", Analyzer: "INGRESS_RTB_TRAFFIC_REDIRECTION", Rules: []string{"N39"}})
	NGWRequiresSourceInVPC = define("NGW_REQUIRES_SOURCE_IN_VPC", Entry{Kind: Blocking, Title: "The NAT gateway takes no traffic from outside its VPC", Gates: []Gate{GateRoute},
		Meaning: "Traffic from a peering, VPN or Direct Connect does not pass a NAT gateway.", Do: "Use a NAT gateway in the source's VPC.", Analyzer: "NGW_REQUIRES_SOURCE_IN_VPC", Rules: []string{"N119"}})
	NATSameSubnetLoop = define("NAT_SAME_SUBNET_LOOP", Entry{Kind: Blocking, Title: "The NAT gateway stands in the client's own subnet", Gates: []Gate{GateRoute},
		Meaning: "Its traffic follows the same route table and comes back to it.", Do: "Move the NAT gateway to a public subnet.", Rules: []string{"N117"}})
	NATPrivateToIGW = define("NAT_PRIVATE_TO_IGW", Entry{Kind: Blocking, Title: "A private NAT gateway leads to an internet gateway", Gates: []Gate{GateRoute},
		Meaning: "Traffic of a private NAT gateway is dropped at an internet gateway.", Do: "Use a public NAT gateway.", Rules: []string{"N118"}})
	Nat64Required = define("NAT64_REQUIRED", Entry{Kind: Blocking, Title: "IPv6 traffic to an IPv4 destination needs NAT64", Gates: []Gate{GateRoute},
		Meaning: "The destination has IPv4 addresses only.", Do: "Enable DNS64 and route 64:ff9b::/96 to a NAT gateway.", Rules: []string{"N123"}})
	RegionalNGWRouteAZRestriction = define("REGIONAL_NGW_ROUTE_AZ_RESTRICTION", Entry{Kind: Blocking, Title: "The regional NAT gateway is not in this Availability Zone", Gates: []Gate{GateRoute},
		Meaning: "A regional NAT gateway serves the zones it has expanded to.", Do: "Wait for it to expand, or add the zone.", Analyzer: "REGIONAL_NGW_ROUTE_AZ_RESTRICTION", Rules: []string{"N121"}})
	ENISourceDestCheckRestriction = define("ENI_SOURCE_DEST_CHECK_RESTRICTION", Entry{Kind: Blocking, Title: "The source/destination check drops forwarded traffic", Gates: []Gate{GateRoute},
		Meaning: "An instance that forwards traffic needs the check off.", Do: "Turn off SourceDestCheck on the interface.", Analyzer: "ENI_SOURCE_DEST_CHECK_RESTRICTION", Rules: []string{"N124"}})
	ProtocolRestriction = define("PROTOCOL_RESTRICTION", Entry{Kind: Blocking, Title: "The component does not carry this protocol", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "NAT gateways and endpoints carry certain protocols only.", Do: "Use a protocol that it carries.", Analyzer: "PROTOCOL_RESTRICTION", Rules: []string{"N115", "N123"}})
	PCXRequiresAddressInVPCCidr = define("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", Entry{Kind: Blocking, Title: "The peering carries only traffic between the two VPCs' addresses", Gates: []Gate{GateRoute},
		Meaning: "A peering does not lead on to anything else.", Do: "Connect the two networks directly.", Analyzer: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", Rules: []string{"N139"}})
	TGWAttachMissingTGWRTBAssociation = define("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", Entry{Kind: Blocking, Title: "The attachment is associated with no transit gateway route table", Gates: []Gate{GateRoute},
		Meaning: "Traffic from it is dropped.", Do: "Associate it with a route table.", Analyzer: "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", Rules: []string{"N134"}})
	TGWRouteAZRestriction = define("TGW_ROUTE_AZ_RESTRICTION", Entry{Kind: Blocking, Title: "The attachment has no subnet in this Availability Zone", Gates: []Gate{GateRoute},
		Meaning: "A transit gateway attachment serves the zones in which it has a subnet.", Do: "Add a subnet of the zone to the attachment.", Analyzer: "TGW_ROUTE_AZ_RESTRICTION", Rules: []string{"N133"}})
	TGWRTBBadStateRoute = define("TGW_RTB_BAD_STATE_ROUTE", Entry{Kind: Blocking, Title: "The transit gateway's route is a blackhole", Gates: []Gate{GateRoute},
		Meaning: "Traffic that follows the route is dropped.", Do: "Replace the route.", Analyzer: "TGW_RTB_BAD_STATE_ROUTE", Rules: []string{"N134"}})
	TGWRTBNoRouteToTGWAttachment = define("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", Entry{Kind: Blocking, Title: "The transit gateway's table has no route for the destination", Gates: []Gate{GateRoute},
		Meaning: "Traffic that no route covers is dropped.", Do: "Add a route or a propagation.", Analyzer: "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", Rules: []string{"N134", "N136"}})
	ResponseRTBHasNoRouteToTransitGateway = define("RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY", Entry{Kind: Blocking, Title: "Replies have no route back to the transit gateway", Gates: []Gate{GateRoute},
		Meaning: "The destination's table does not send the client's addresses to the gateway.", Do: "Add a route back.", Analyzer: "RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY", Rules: []string{"N136"}})
	VPCBlockPublicAccessEnabled = define("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", Entry{Kind: Blocking, Title: "VPC Block Public Access stops the traffic", Gates: []Gate{GateRoute},
		Meaning: "It blocks internet gateways of the account's VPCs in the Region.", Do: "Add an exclusion, or use a VPC endpoint.", Analyzer: "VPC_BLOCK_PUBLIC_ACCESS_ENABLED", Rules: []string{"N128"}})
	EncryptionRequired = define("ENCRYPTION_REQUIRED", Entry{Kind: Blocking, Title: "VPC encryption controls refuse cleartext", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "The VPC enforces encryption in transit.", Do: "Use TLS, or add an exclusion.", Rules: []string{"N76"}})
	EncryptionControls = define("ENCRYPTION_CONTROLS", Entry{Kind: Blocking, Title: "A component needs an exclusion from the encryption controls", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "The VPC's controls are about to enforce encryption, which the component does not support.", Do: "Add an exclusion, or replace the component.", Rules: []string{"N132"}})
	VPCEServiceMismatch = define("VPCE_SERVICE_MISMATCH", Entry{Kind: Blocking, Title: "The endpoint is for another service", Gates: []Gate{GateEndpoint},
		Meaning: "It does not carry requests to this host name.", Do: "Use an endpoint of the right service.", Rules: []string{"N59"}})
	VPCERegionMismatch = define("VPCE_REGION_MISMATCH", Entry{Kind: Blocking, Title: "The bucket is in another Region than the endpoint", Gates: []Gate{GateEndpoint},
		Meaning: "An S3 endpoint serves buckets of its own Region.", Do: "Use a bucket in the endpoint's Region, or a way to the other Region.", Rules: []string{"N41"}})
	VPCENotFromOutsideVPC = define("VPCE_NOT_FROM_OUTSIDE_VPC", Entry{Kind: Blocking, Title: "A gateway endpoint serves its own VPC only", Gates: []Gate{GateEndpoint},
		Meaning: "Traffic from peerings, VPNs and transit gateways does not pass a gateway endpoint.", Do: "Use an interface endpoint.", Rules: []string{"N47"}})
	VPCEGatewayProtocolRestriction = define("VPCE_GATEWAY_PROTOCOL_RESTRICTION", Entry{Kind: Blocking, Title: "The gateway endpoint does not carry this protocol", Gates: []Gate{GateEndpoint},
		Meaning: "Gateway endpoints carry TCP and ICMP echo.", Do: "Use TCP.", Analyzer: "VPCE_GATEWAY_PROTOCOL_RESTRICTION", Rules: []string{"N49"}})
	VPCEIPFamily = define("VPCE_IP_FAMILY", Entry{Kind: Blocking, Title: "The endpoint serves another address family", Gates: []Gate{GateDNS, GateEndpoint},
		Meaning: "The client and the endpoint have no IP version in common.", Do: "Set the endpoint's IP address type to the client's.", Rules: []string{"N52"}})
	VPCEServiceNotInstalledInAZ = define("VPCE_SERVICE_NOT_INSTALLED_IN_AZ", Entry{Kind: Blocking, Title: "The endpoint has no interface in this Availability Zone", Gates: []Gate{GateEndpoint},
		Meaning: "The zone's own name of the endpoint does not resolve.", Do: "Add a subnet of the zone to the endpoint.", Analyzer: "VPCE_SERVICE_NOT_INSTALLED_IN_AZ", Rules: []string{"N62", "N70"}})
	S3RangesCopied = define("S3_RANGES_COPIED", Entry{Kind: Blocking, Title: "S3's address ranges are copied by hand", Gates: []Gate{GateSGEgress, GateNACLEgress},
		Meaning: "AWS changes the ranges; the copy goes stale.", Do: "Name the S3 prefix list.", Rules: []string{"N80"}})
	OverlappingPrefixLists = define("OVERLAPPING_PREFIX_LISTS", Entry{Kind: Blocking, Title: "Two prefix lists of the table overlap", Gates: []Gate{GateRoute},
		Meaning: "Which of their routes wins is not documented.", Do: "Make the lists disjoint.", Rules: []string{"N29"}})
	LimitRoutes = define("LIMIT_ROUTES", Entry{Kind: Blocking, Title: "The table is close to its quota of routes", Gates: []Gate{GateRoute},
		Meaning: "AWS refuses routes beyond the quota.", Do: "Remove routes, or raise the quota.", Rules: []string{"N40"}})
	LimitGatewayEndpoints = define("LIMIT_GATEWAY_ENDPOINTS", Entry{Kind: Blocking, Title: "The Region is close to its quota of gateway endpoints", Gates: []Gate{GateEndpoint},
		Meaning: "AWS refuses endpoints beyond the quota.", Do: "Raise the quota.", Rules: []string{"N60"}})
	LimitSGRules = define("LIMIT_SG_RULES", Entry{Kind: Blocking, Title: "The group is close to its quota of rules", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "AWS refuses rules beyond the quota.", Do: "Remove rules, or raise the quota.", Rules: []string{"N92"}})
	LimitSGPerInterface = define("LIMIT_SG_PER_INTERFACE", Entry{Kind: Blocking, Title: "The interface has more groups than the quota", Gates: []Gate{GateSGEgress, GateSGIngress},
		Meaning: "AWS takes 5 security groups an interface by default.", Do: "Use fewer groups.", Rules: []string{"N92"}})
	SnapshotInconsistent = define("SNAPSHOT_INCONSISTENT", Entry{Kind: Blocking, Title: "The snapshot contradicts itself", Gates: []Gate{GateJob, GateDNS, GateNACLEgress, GateRoute, GateEndpoint},
		Meaning: "Two statements of the snapshot cannot both be true; it was probably captured while the account changed.", Do: "Capture again."})
)
