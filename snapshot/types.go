package snapshot

import "net/netip"

// Ids are types, so that a swapped argument does not compile. All are AWS's
// own id strings, e.g. "vpc-0a1b2c3d".
type (
	VPCID              string
	SubnetID           string
	RouteTableID       string
	NetworkACLID       string
	SecurityGroupID    string
	NetworkInterfaceID string
	VPCEndpointID      string
	PrefixListID       string
	DHCPOptionsID      string
	InternetGatewayID  string
	NATGatewayID       string
	PeeringID          string
	TransitGatewayID   string
	TGWAttachmentID    string
	TGWRouteTableID    string
)

// Snapshot is one captured state of AWS.
type Snapshot struct {
	SHA256        string // lower-case hex, of the native form's bytes
	Schema        string // "canreach.snapshot/v1"
	Capture       Capture
	Accounts      []*Account
	Organizations Organizations
	Warnings      []Warning // files not recognised and the like: to print once
}

// Warning is something a reader of the snapshot should know that changes no answer.
type Warning struct {
	File    string // slash-separated, below the snapshot's root; empty for the native form
	At      Source
	Message string
}

// Capture is the header of the native form.
type Capture struct {
	StartedAt, FinishedAt string // RFC 3339, kept as strings
	Tool                  string
	Caller                string
	Gaps                  []Gap
}

// Account is everything captured from one AWS account.
type Account struct {
	At                Source
	ID                string   // twelve digits
	OrganizationID    string   // "o-…", or empty
	Organization      Presence // Collected with an empty OrganizationID: in no organization
	OrganizationPath  []string // root id first, e.g. ["r-abcd", "ou-abcd-1"]; without the account
	ManagementAccount Flag
	Regions           []*Region
	IAM               IAM
	S3                S3
	KMS               KMS
}

// Region is one account's regional resources.
type Region struct {
	At        Source
	Account   *Account
	Name      string // e.g. "us-east-1"
	EC2       EC2
	Resolver  Resolver
	SageMaker SageMaker
	Functions Collection[Function] // lambda list-functions
}

// EC2 holds the collections of the EC2 API, under AWS's own names.
type EC2 struct {
	VPCs               Collection[VPC]                  // Vpcs
	VPCAttributes      Collection[VPCAttribute]         // VpcAttributes
	Subnets            Collection[Subnet]               // Subnets
	RouteTables        Collection[RouteTable]           // RouteTables
	NetworkACLs        Collection[NetworkACL]           // NetworkAcls
	SecurityGroups     Collection[SecurityGroup]        // SecurityGroups
	SecurityGroupVPCs  Collection[SecurityGroupVPC]     // SecurityGroupVpcAssociations
	NetworkInterfaces  Collection[NetworkInterface]     // NetworkInterfaces
	Instances          Collection[Instance]             // Reservations[].Instances, flattened
	VPCEndpoints       Collection[VPCEndpoint]          // VpcEndpoints
	PrefixLists        Collection[PrefixList]           // PrefixLists with ManagedPrefixLists and their entries, merged by id
	DHCPOptions        Collection[DHCPOptions]          // DhcpOptions
	InternetGateways   Collection[InternetGateway]      // InternetGateways
	EgressOnlyGateways Collection[InternetGateway]      // EgressOnlyInternetGateways
	NATGateways        Collection[NATGateway]           // NatGateways
	Peerings           Collection[Peering]              // VpcPeeringConnections
	TransitGateways    Collection[TransitGateway]       // TransitGateways
	TGWAttachments     Collection[TGWAttachment]        // TransitGatewayAttachments and TransitGatewayVpcAttachments, merged by id
	TGWRouteTables     Collection[TGWRouteTable]        // TransitGatewayRouteTables with TransitGatewayRoutes, merged by id
	VPNGateways        Collection[VPNGateway]           // VpnGateways
	BlockPublicAccess  Collection[BPAOptions]           // VpcBlockPublicAccessOptions: at most one
	BPAExclusions      Collection[BPAExclusion]         // VpcBlockPublicAccessExclusions
	EncryptionControls Collection[VPCEncryptionControl] // VpcEncryptionControls
	Addresses          Collection[ElasticIP]            // Addresses

	// ruledGroups are the groups whose rules came from SecurityGroupRules: a gap
	// in that listing is a gap in theirs.
	ruledGroups map[SecurityGroupID]bool
}

// VPC is one of describe-vpcs.
type VPC struct {
	At            Source
	ID            VPCID
	OwnerID       string
	Tags          []Tag
	CIDRs         []netip.Prefix // IPv4, of CidrBlockAssociationSet in state associated, or CidrBlock
	IPv6CIDRs     []netip.Prefix
	Tenancy       string // InstanceTenancy: "default", "dedicated", "host"; empty: not told
	DHCPOptionsID DHCPOptionsID
	IsDefault     bool
	BPAMode       string // BlockPublicAccessStates.InternetGatewayBlockMode; empty: not told
	State         string
	Encryption    *VPCEncryptionControl // EncryptionControl; nil: not told here
}

// VPCAttribute is describe-vpc-attribute, merged by VPC.
type VPCAttribute struct {
	At                 Source
	VPC                VPCID
	EnableDNSSupport   Flag
	EnableDNSHostnames Flag
}

// Subnet is one of describe-subnets.
type Subnet struct {
	At               Source
	ID               SubnetID
	VPC              VPCID
	OwnerID          string
	Tags             []Tag
	CIDR             netip.Prefix // IPv4; invalid for an IPv6-only subnet
	IPv6CIDRs        []netip.Prefix
	AvailabilityZone string // name, e.g. "us-east-1a"
	AZID             string // e.g. "use1-az1"
	FreeAddresses    int    // AvailableIpAddressCount
	FreeKnown        bool   // the count is in the snapshot
	State            string
	IPv6Native       bool
	EnableDNS64      bool
	AssignIPv6       Flag // AssignIpv6AddressOnCreation: new interfaces get an IPv6 address
	OutpostARN       string
	BPAMode          string
}

// TargetKind is what a route points at. Unknown kinds take part in the lookup (N37).
type TargetKind uint8

const (
	TargetUnknown           TargetKind = iota // a field this program does not know, or none
	TargetLocal                               // GatewayId "local"
	TargetVPCEndpoint                         // GatewayId or VpcEndpointId "vpce-…": gateway, or Gateway Load Balancer
	TargetInternetGateway                     // GatewayId "igw-…"
	TargetVPNGateway                          // GatewayId "vgw-…"
	TargetEgressOnlyGateway                   // EgressOnlyInternetGatewayId
	TargetNATGateway                          // NatGatewayId
	TargetNetworkInterface                    // NetworkInterfaceId (with or without InstanceId)
	TargetInstance                            // InstanceId alone
	TargetPeering                             // VpcPeeringConnectionId
	TargetTransitGateway                      // TransitGatewayId
	TargetCarrierGateway                      // CarrierGatewayId
	TargetLocalGateway                        // LocalGatewayId
	TargetCoreNetwork                         // CoreNetworkArn
	TargetODBNetwork                          // OdbNetworkArn
	TargetIPAddress                           // IpAddress next hop
)

// TargetKinds lists every kind of target.
func TargetKinds() []TargetKind {
	out := make([]TargetKind, TargetIPAddress+1)
	for i := range out {
		out[i] = TargetKind(i)
	}
	return out
}

// Route is one row of a route table.
type Route struct {
	At            Source
	CIDR          netip.Prefix // DestinationCidrBlock or DestinationIpv6CidrBlock, as given; invalid with PrefixList set
	PrefixList    PrefixListID // DestinationPrefixListId
	TargetKind    TargetKind
	Target        string // the target's id as AWS prints it, e.g. "nat-0a1b"; "local" for the local route
	TargetField   string // the JSON member it came from, e.g. "NatGatewayId"
	TargetOwner   string // InstanceOwnerId
	State         string // "active", "blackhole", …; any case
	Origin        string // CreateRouteTable, CreateRoute, EnableVgwRoutePropagation, Advertisement
	UnknownFields []string
}

// RouteTableAssociation ties a table to a subnet, a gateway (edge), or the VPC as its main table.
type RouteTableAssociation struct {
	At      Source
	ID      string
	Main    bool
	Subnet  SubnetID
	Gateway string // igw-… or vgw-…: an edge association
	State   string // AssociationState.State; empty: not told
}

// RouteTable is one of describe-route-tables.
type RouteTable struct {
	At              Source
	ID              RouteTableID
	VPC             VPCID
	OwnerID         string
	Tags            []Tag
	Associations    []RouteTableAssociation
	Routes          []Route
	PropagatingVGWs []string
	// The keys Associations and Routes are in the file.
	AssociationsKnown, RoutesKnown bool
}

// PortRange is inclusive at both ends.
type PortRange struct{ From, To int }

// ACLEntry is one rule of a network ACL, in the order of the file.
type ACLEntry struct {
	At            Source
	RuleNumber    int
	Egress        bool
	Allow         bool         // RuleAction "allow"
	Protocol      string       // a number in a string, e.g. "6"; "-1" is all
	CIDR          netip.Prefix // CidrBlock or Ipv6CidrBlock
	PortRange     *PortRange   // nil: not given
	ICMPType      *int         // IcmpTypeCode.Type; -1 is all
	ICMPCode      *int
	UnknownFields []string
}

// NetworkACL is one of describe-network-acls.
type NetworkACL struct {
	At           Source
	ID           NetworkACLID
	VPC          VPCID
	OwnerID      string
	Tags         []Tag
	IsDefault    bool
	Subnets      []SubnetID // of Associations
	Entries      []ACLEntry
	EntriesKnown bool // the Entries key is in the file
	SubnetsKnown bool // the Associations key is in the file
}

// GroupReference is a UserIdGroupPair of a security-group rule.
type GroupReference struct {
	At            Source
	Group         SecurityGroupID
	UserID        string
	VPC           VPCID
	Peering       PeeringID
	PeeringStatus string
}

// Range is one address range of a security-group rule.
type Range struct {
	At          Source
	CIDR        netip.Prefix
	Description string
}

// PrefixListRef is one prefix list of a security-group rule.
type PrefixListRef struct {
	At   Source
	List PrefixListID
}

// Permission is one IpPermission: a protocol and ports, with all its remotes.
type Permission struct {
	At            Source
	Protocol      string  // "tcp", "6", "-1", …
	FromPort      *int    // or the ICMP type
	ToPort        *int    // or the ICMP code
	Ranges        []Range // IpRanges and Ipv6Ranges
	PrefixLists   []PrefixListRef
	Groups        []GroupReference
	UnknownFields []string
}

// SecurityGroup is one of describe-security-groups. IngressKnown and
// EgressKnown tell an absent key (not collected) from an empty list.
type SecurityGroup struct {
	At           Source
	ID           SecurityGroupID
	VPC          VPCID
	OwnerID      string
	Name         string // GroupName
	Tags         []Tag
	Ingress      []Permission // IpPermissions
	Egress       []Permission // IpPermissionsEgress
	IngressKnown bool
	EgressKnown  bool
	// FromRules: rules that the group itself lacks came from SecurityGroupRules.
	FromRules bool
}

// SecurityGroupVPC is one of describe-security-group-vpc-associations.
type SecurityGroupVPC struct {
	At    Source
	Group SecurityGroupID
	VPC   VPCID
	State string
}

// InterfaceAddress is one private address of an interface, with the public one mapped to it.
type InterfaceAddress struct {
	Private netip.Addr
	Public  netip.Addr // Association.PublicIp; invalid: none
	Primary bool
}

// NetworkInterface is one of describe-network-interfaces.
type NetworkInterface struct {
	At               Source
	ID               NetworkInterfaceID
	VPC              VPCID
	Subnet           SubnetID
	OwnerID          string
	Tags             []Tag
	Description      string
	InterfaceType    string
	AvailabilityZone string
	Addresses        []InterfaceAddress // IPv4
	IPv6             []netip.Addr
	Groups           []SecurityGroupID
	GroupsKnown      bool
	SourceDestCheck  Flag
	AttachmentState  string // Attachment.Status; empty: not attached
	InstanceID       string // Attachment.InstanceId
	Status           string
}

// Instance is one instance of describe-instances.
type Instance struct {
	At         Source
	ID         string
	VPC        VPCID
	Subnet     SubnetID
	Tags       []Tag
	State      string
	Interfaces []NetworkInterfaceID
	ProfileARN string // IamInstanceProfile.Arn
}

// VPCEndpoint is one of describe-vpc-endpoints.
type VPCEndpoint struct {
	At                    Source
	ID                    VPCEndpointID
	VPC                   VPCID
	OwnerID               string
	Tags                  []Tag
	Type                  string // "Gateway", "Interface", "GatewayLoadBalancer", …; any case
	ServiceName           string // "com.amazonaws.us-east-1.s3"
	ServiceRegion         string // empty: the VPC's
	State                 string // any case
	RouteTables           []RouteTableID
	RouteTablesKnown      bool
	Subnets               []SubnetID
	Interfaces            []NetworkInterfaceID
	InterfacesKnown       bool
	Groups                []SecurityGroupID
	GroupsKnown           bool
	PrivateDNS            Flag // PrivateDnsEnabled
	PrivateDNSInboundOnly Flag // DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint
	DNSRecordIPType       string
	IPAddressType         string   // "ipv4", "dualstack", "ipv6"; empty: not told
	DNSNames              []string // DnsEntries[].DnsName
	Policy                Document // PolicyDocument; NotCollected when the key is absent (P110 decides)
}

// PrefixListEntry is one CIDR of a prefix list.
type PrefixListEntry struct {
	At          Source
	CIDR        netip.Prefix
	Description string
}

// PrefixList merges describe-prefix-lists, describe-managed-prefix-lists and
// get-managed-prefix-list-entries by id.
type PrefixList struct {
	At           Source
	ID           PrefixListID
	Name         string // "com.amazonaws.us-east-1.s3"
	OwnerID      string // "AWS" for AWS-managed lists; empty: not told
	Family       string // "IPv4" or "IPv6"; empty: not told
	MaxEntries   int
	State        string
	Entries      []PrefixListEntry
	EntriesKnown bool // Cidrs or Entries are in the snapshot; else treat symbolically (N33)
}

// DHCPOptions is one of describe-dhcp-options.
type DHCPOptions struct {
	At         Source
	ID         DHCPOptionsID
	DNSServers []string // domain-name-servers, e.g. "AmazonProvidedDNS"
	DomainName string
}

// GatewayAttachment ties an internet or VPN gateway to a VPC.
type GatewayAttachment struct {
	VPC   VPCID
	State string
}

// InternetGateway is one of describe-internet-gateways or describe-egress-only-internet-gateways.
type InternetGateway struct {
	At          Source
	ID          InternetGatewayID
	OwnerID     string
	Tags        []Tag
	Attachments []GatewayAttachment
}

// NATGatewayAddress is one address of a NAT gateway.
type NATGatewayAddress struct {
	Public     netip.Addr
	Private    netip.Addr
	Allocation string
	Interface  NetworkInterfaceID
	Zone       string // AvailabilityZone (regional NAT gateways)
	ZoneID     string
	Status     string
}

// NATGateway is one of describe-nat-gateways.
type NATGateway struct {
	At               Source
	ID               NATGatewayID
	VPC              VPCID
	Subnet           SubnetID // empty for a regional gateway
	State            string
	Connectivity     string // ConnectivityType: "public" or "private"; empty: not told
	AvailabilityMode string // "zonal" or "regional"; empty: zonal
	AutoScaling      string // AutoScalingIps / AutoProvisionZones: "enabled" or "disabled"; empty: not told
	RouteTable       RouteTableID
	Addresses        []NATGatewayAddress
	HasAppliances    bool // AttachedAppliances is not empty
	Tags             []Tag
}

// PeeringSide is the requester or the accepter of a peering.
type PeeringSide struct {
	VPC     VPCID
	OwnerID string
	Region  string
	CIDRs   []netip.Prefix // IPv4 and IPv6
}

// Peering is one of describe-vpc-peering-connections.
type Peering struct {
	At        Source
	ID        PeeringID
	Status    string // Status.Code
	Requester PeeringSide
	Accepter  PeeringSide
	Tags      []Tag
}

// TransitGateway is one of describe-transit-gateways.
type TransitGateway struct {
	At                       Source
	ID                       TransitGatewayID
	OwnerID                  string
	State                    string
	Tags                     []Tag
	SecurityGroupReferencing string // Options.SecurityGroupReferencingSupport
}

// TGWAttachment merges describe-transit-gateway-attachments and -vpc-attachments.
type TGWAttachment struct {
	At                       Source
	ID                       TGWAttachmentID
	Gateway                  TransitGatewayID
	ResourceType             string // "vpc", "vpn", "direct-connect-gateway", "peering", "connect", …
	ResourceID               string // the VPC's id for "vpc"
	ResourceOwner            string
	GatewayOwner             string // TransitGatewayOwnerId: its account sees associations and routes
	State                    string
	Subnets                  []SubnetID
	SubnetsKnown             bool
	AssociatedTable          TGWRouteTableID // Association.TransitGatewayRouteTableId
	AssociationState         string
	AssociationKnown         bool
	ApplianceMode            string // Options.ApplianceModeSupport
	IPv6Support              string
	SecurityGroupReferencing string
	Tags                     []Tag
}

// TGWRoute is one route of a transit gateway route table.
type TGWRoute struct {
	At          Source
	CIDR        netip.Prefix
	PrefixList  PrefixListID
	Type        string // "static" or "propagated"
	State       string // "active" or "blackhole"
	Attachments []TGWRouteAttachment
}

// TGWRouteAttachment is one next hop of a transit gateway route.
type TGWRouteAttachment struct {
	ID           TGWAttachmentID
	ResourceType string
	ResourceID   string
}

// TGWRouteTable is one of describe-transit-gateway-route-tables with its
// routes from search-transit-gateway-routes.
type TGWRouteTable struct {
	At          Source
	ID          TGWRouteTableID
	Gateway     TransitGatewayID
	State       string
	Routes      []TGWRoute
	RoutesKnown bool
	MoreRoutes  bool // AdditionalRoutesAvailable
	RoutesGap   *Gap
	Tags        []Tag
}

// VPNGateway is one of describe-vpn-gateways.
type VPNGateway struct {
	At          Source
	ID          string
	State       string
	Attachments []GatewayAttachment // VpcAttachments
	Tags        []Tag
}

// BPAOptions is describe-vpc-block-public-access-options.
type BPAOptions struct {
	At    Source
	Mode  string // InternetGatewayBlockMode: "off", "block-ingress", "block-bidirectional"
	State string
}

// BPAExclusion is one of describe-vpc-block-public-access-exclusions.
type BPAExclusion struct {
	At       Source
	ID       string
	Mode     string // InternetGatewayExclusionMode: "allow-bidirectional", "allow-egress"
	Resource string // ResourceArn of a VPC or subnet
	State    string
}

// VPCEncryptionControl is one of describe-vpc-encryption-controls, or
// EncryptionControl of a VPC in describe-vpcs.
type VPCEncryptionControl struct {
	At         Source
	ID         string // VpcEncryptionControlId
	VPC        VPCID
	Mode       string // "monitor", "enforce"
	State      string // "available", "enforce-in-progress", …
	Exclusions []EncryptionExclusion
	Tags       []Tag
}

// EncryptionExclusion is one member of ResourceExclusions.
type EncryptionExclusion struct {
	Resource string // the member's name, e.g. "NatGateway"
	State    string // "enabling", "enabled", "disabling", "disabled"
}

// ElasticIP is one of describe-addresses.
type ElasticIP struct {
	At        Source
	ID        string // AllocationId
	Public    netip.Addr
	Private   netip.Addr
	Interface NetworkInterfaceID
}

// Resolver holds Route 53 Resolver rules, DNS Firewall and private hosted zones as seen from one region.
type Resolver struct {
	Rules            Collection[ResolverRule]                 // ResolverRules
	RuleAssociations Collection[ResolverRuleAssociation]      // ResolverRuleAssociations
	FirewallGroups   Collection[FirewallRuleGroupAssociation] // FirewallRuleGroupAssociations
	FirewallRules    Collection[FirewallRule]                 // FirewallRules, each with FirewallRuleGroupId
	FirewallDomains  Collection[FirewallDomainList]           // FirewallDomainLists with their Domains
	FirewallConfigs  Collection[FirewallConfig]               // FirewallConfigs
	PrivateZones     Collection[PrivateZone]                  // HostedZones with VPCs and ResourceRecordSets
}

// ResolverRule is one of list-resolver-rules.
type ResolverRule struct {
	At        Source
	ID        string
	Domain    string // "." or "corp.example."
	Type      string // RuleType: FORWARD, SYSTEM, RECURSIVE, DELEGATE
	TargetIPs []string
	Status    string
}

// ResolverRuleAssociation ties a rule to a VPC.
type ResolverRuleAssociation struct {
	At     Source
	Rule   string
	VPC    VPCID
	Status string
}

// FirewallRuleGroupAssociation ties a DNS Firewall rule group to a VPC.
type FirewallRuleGroupAssociation struct {
	At       Source
	ID       string
	Group    string
	VPC      VPCID
	Priority int
	Status   string
}

// FirewallRule is one of list-firewall-rules.
type FirewallRule struct {
	At                Source
	Group             string
	DomainList        string
	Name              string
	Priority          int
	Action            string // ALLOW, ALERT, BLOCK
	RedirectionAction string // FirewallDomainRedirectionAction
	QueryType         string // Qtype; empty: every type
}

// FirewallDomainList is a domain list with its domains (list-firewall-domains).
type FirewallDomainList struct {
	At           Source
	ID           string
	Name         string
	Domains      []string
	DomainsKnown bool
}

// FirewallConfig tells whether a VPC's DNS Firewall fails open.
type FirewallConfig struct {
	At       Source
	VPC      VPCID
	FailOpen string
}

// PrivateZone is a private hosted zone with its records.
type PrivateZone struct {
	At           Source
	ID           string
	Name         string // with the final dot, as Route 53 prints it
	VPCs         []VPCID
	VPCsKnown    bool
	Records      []DNSRecord
	RecordsKnown bool
}

// DNSRecord is one ResourceRecordSet.
type DNSRecord struct {
	At     Source
	Name   string
	Type   string
	Values []string
	Alias  string // AliasTarget.DNSName
}

// SageMaker holds the jobs that were described.
type SageMaker struct {
	Jobs Collection[JobRecord] // CompilationJobs, TrainingJobs, …, in the file's order
}

// JobRecord is a described job as it stands in the snapshot.
type JobRecord struct {
	At   Source
	Kind string // "CompilationJob", …
	Name string
	Raw  []byte
}

// IAM is one account's roles and managed policies, as
// get-account-authorization-details has them.
type IAM struct {
	Roles    Collection[Role]          // RoleDetailList
	Policies Collection[ManagedPolicy] // Policies
}

// NamedDocument is an inline policy.
type NamedDocument struct {
	Name     string
	Document Document
}

// AttachedPolicy is a managed policy on a role.
type AttachedPolicy struct {
	At   Source
	ARN  string
	Name string
}

// Role is one of RoleDetailList.
type Role struct {
	At               Source
	ARN              string
	Name             string
	ID               string // RoleId, "AROA…"
	Path             string
	Tags             []Tag
	TagsKnown        bool
	InstanceProfiles []string        // ARNs of InstanceProfileList
	Trust            Document        // AssumeRolePolicyDocument
	Inline           []NamedDocument // RolePolicyList
	InlinePresence   Presence
	Attached         []AttachedPolicy // AttachedManagedPolicies
	AttachedPresence Presence
	BoundaryARN      string // PermissionsBoundary.PermissionsBoundaryArn; empty: none
	BoundaryAt       Source
	BoundaryPresence Presence // Collected with an empty BoundaryARN: there is none
}

// ManagedPolicy is one of Policies, reduced to its default version.
type ManagedPolicy struct {
	At             Source
	ARN            string
	Name           string
	DefaultVersion string
	Document       Document // of the default version (P73)
}

// S3 is one account's buckets and its own settings.
type S3 struct {
	Buckets                  Collection[Bucket]
	AccountPublicAccessBlock PublicAccessBlock       // accountPublicAccessBlock
	AccessPoints             Collection[AccessPoint] // accessPoints
}

// PublicAccessBlock is the four settings. With Presence Collected and None
// set there is no configuration, which is all four off (P263).
type PublicAccessBlock struct {
	Presence                                                                    Presence
	None                                                                        bool
	Gap                                                                         *Gap
	At                                                                          Source
	BlockPublicACLs, IgnorePublicACLs, BlockPublicPolicy, RestrictPublicBuckets bool
}

// Bucket is one bucket with what the S3 API tells of it.
type Bucket struct {
	At                Source
	Name              string
	Account           *Account // owner
	Region            string   // "us-east-1", also where get-bucket-location says null; empty: not told
	RegionGap         *Gap
	Policy            Document
	PublicAccessBlock PublicAccessBlock
	Ownership         string // ObjectOwnership; empty with OwnershipPresence Collected: none set (P247)
	OwnershipPresence Presence
	OwnershipAt       Source
	Encryption        Encryption
	ACL               []ACLGrant
	ACLOwner          string // canonical user id of the bucket's owner; "" where it is not told
	ACLPresence       Presence
	Payer             string // "Requester" or "BucketOwner"; empty: not told
	ABAC              Flag
	Tags              []Tag
	TagsPresence      Presence
	Missing           bool // head-bucket or get-bucket-location said NoSuchBucket / 404
}

// Encryption is a bucket's default encryption.
type Encryption struct {
	Presence  Presence
	Gap       *Gap
	At        Source
	Algorithm string // "AES256", "aws:kms", "aws:kms:dsse"; empty with Collected: none
	KeyID     string // KMSMasterKeyID: id, alias or ARN; empty with aws:kms: the account's aws/s3 key
	BucketKey bool
}

// ACLGrant is one grant of a bucket ACL.
type ACLGrant struct {
	At          Source
	Type        string // CanonicalUser, Group, AmazonCustomerByEmail
	ID, URI     string
	DisplayName string
	Permission  string
}

// AccessPoint is one S3 access point.
type AccessPoint struct {
	At                Source
	Name              string
	ARN               string
	Alias             string
	Account           string
	Bucket            string
	BucketAccount     string
	NetworkOrigin     string // "Internet" or "VPC"
	VPC               VPCID
	Policy            Document
	PublicAccessBlock PublicAccessBlock
	Region            string
}

// KMS is one account's keys with their policies.
type KMS struct {
	Keys    Collection[Key]
	Aliases Collection[KeyAlias]
}

// Key is one KMS key: describe-key, get-key-policy and list-grants.
type Key struct {
	At             Source
	ARN            string
	ID             string
	Region         string
	Account        string
	Manager        string // "CUSTOMER" or "AWS"; empty: not told
	State          string // KeyState: "Enabled", "Disabled", "PendingDeletion"; empty: not told
	Policy         Document
	Grants         []Grant
	GrantsPresence Presence
}

// Grant is one KMS grant.
type Grant struct {
	At             Source
	ID             string
	Grantee        string // GranteePrincipal
	Operations     []string
	HasConstraints bool
}

// KeyAlias names a key.
type KeyAlias struct {
	At   Source
	Name string // "alias/aws/s3"
	ARN  string
	Key  string // TargetKeyId
}

// Organizations holds the organization's control policies.
type Organizations struct {
	Presence          Presence // of the member as a whole
	ID                string
	ManagementAccount string
	SCPs              Collection[OrgPolicy] // serviceControlPolicies
	RCPs              Collection[OrgPolicy] // resourceControlPolicies
	// PolicyTypes are the types of policies that a root of the organization
	// lists, e.g. SERVICE_CONTROL_POLICY, in whichever state. A type that is not
	// listed is not enabled, where PolicyTypesKnown.
	//
	// AWS: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Root.html
	PolicyTypes      []string
	PolicyTypesKnown bool
}

// OrgPolicy is one SCP or RCP and what it is attached to.
type OrgPolicy struct {
	At              Source
	ID, Name        string
	AWSManaged      bool
	Document        Document
	Targets         []string // root, OU and account ids
	TargetsPresence Presence
}
