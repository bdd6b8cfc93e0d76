package snapshot

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
	Size          int    // of the native form, in bytes
	Schema        string // "canreach.snapshot/v1"
	Capture       Capture
	Accounts      []*Account
	Organizations Organizations
	Warnings      []Warning // files not recognised and the like: to print once
	missing       []factMissing
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
	// ResourcePolicies are the policies of resources of other services than S3
	// and KMS: secrets, repositories, queues, topics.
	ResourcePolicies Collection[ResourcePolicy]
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
	VPNConnections     Collection[VPNConnection]        // VpnConnections
	BlockPublicAccess  Collection[BPAOptions]           // VpcBlockPublicAccessOptions: at most one
	BPAExclusions      Collection[BPAExclusion]         // VpcBlockPublicAccessExclusions
	EncryptionControls Collection[VPCEncryptionControl] // VpcEncryptionControls
	Addresses          Collection[ElasticIP]            // Addresses

	// ruledGroups are the groups whose rules came from SecurityGroupRules: a gap
	// in that listing is a gap in theirs.
	ruledGroups map[SecurityGroupID]bool
}
