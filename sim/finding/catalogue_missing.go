package finding

// Codes of missing facts.
var (
	UnknownVPC = define("UNK_VPC", Entry{Kind: MissingFact, Title: "The VPC or subnet is not known", Gates: []Gate{GateJob, GateRoute},
		Meaning: "What it is like is not in the snapshot.", Do: "aws ec2 describe-vpcs, describe-subnets"})
	UnknownSG = define("UNK_SG", Entry{Kind: MissingFact, Title: "The security group is not known", Gates: []Gate{GateJob, GateSGEgress, GateSGIngress},
		Meaning: "Its rules are not in the snapshot.", Do: "aws ec2 describe-security-groups", Rules: []string{"N86"}})
	UnknownNACL = define("UNK_NACL", Entry{Kind: MissingFact, Title: "The network ACL is not known", Gates: []Gate{GateNACLEgress, GateNACLIngress},
		Meaning: "Its rules or associations are not in the snapshot.", Do: "aws ec2 describe-network-acls"})
	UnknownRouteTable = define("UNK_ROUTE_TABLE", Entry{Kind: MissingFact, Title: "The route table is not known", Gates: []Gate{GateRoute},
		Meaning: "Its routes or associations are not in the snapshot.", Do: "aws ec2 describe-route-tables"})
	UnknownRouteTarget = define("UNK_ROUTE_TARGET", Entry{Kind: MissingFact, Title: "The target of a route is not known", Gates: []Gate{GateRoute},
		Meaning: "What the target does with the traffic is not in the snapshot.", Do: "Collect the target.", Rules: []string{"N37"}})
	UnknownPrefixList = define("UNK_PREFIX_LIST", Entry{Kind: MissingFact, Title: "The prefix list's entries are not known", Gates: []Gate{GateRoute, GateSGEgress},
		Meaning: "Which addresses the list holds is not in the snapshot.", Do: "aws ec2 get-managed-prefix-list-entries", Rules: []string{"N33"}})
	UnknownOverlappingPrefixLists = define("UNK_OVERLAPPING_PREFIX_LISTS", Entry{Kind: MissingFact, Title: "Which of two overlapping prefix lists wins is not documented", Gates: []Gate{GateRoute},
		Meaning: "Both routes are as possible.", Do: "Make the lists disjoint.", Rules: []string{"N29"}})
	UnknownLocalOverlapsS3 = define("UNK_LOCAL_OVERLAPS_S3", Entry{Kind: MissingFact, Title: "The VPC's addresses overlap S3's", Gates: []Gate{GateRoute},
		Meaning: "Whether the local route wins is not documented.", Do: "Use private addresses in the VPC.", Rules: []string{"N19"}})
	UnknownNAT = define("UNK_NAT", Entry{Kind: MissingFact, Title: "The NAT gateway is not known", Gates: []Gate{GateRoute},
		Meaning: "What it is like is not in the snapshot.", Do: "aws ec2 describe-nat-gateways"})
	UnknownNATViaGatewayEndpoint = define("UNK_NAT_VIA_GATEWAY_ENDPOINT", Entry{Kind: MissingFact, Title: "A NAT gateway's subnet leads to a gateway endpoint", Gates: []Gate{GateRoute},
		Meaning: "What S3 sees of such traffic is not documented.", Do: "Route the client's subnet to the endpoint.", Rules: []string{"N122"}})
	UnknownBPA = define("UNK_BPA", Entry{Kind: MissingFact, Title: "VPC Block Public Access is not known", Gates: []Gate{GateRoute},
		Meaning: "It could not be read, or the answer depends on it.", Do: "aws ec2 describe-vpc-block-public-access-options, describe-vpc-block-public-access-exclusions", Rules: []string{"N128"}})
	UnknownBPAScope = define("UNK_BPA_SCOPE", Entry{Kind: MissingFact, Title: "Whether Block Public Access covers this traffic is not documented", Gates: []Gate{GateRoute},
		Meaning: "The answer depends on it.", Do: "Test it in the account.", Rules: []string{"N129"}})
	UnknownEncryptionControls = define("UNK_ENCRYPTION_CONTROLS", Entry{Kind: MissingFact, Title: "The VPC's encryption controls are not known", Gates: []Gate{GateRoute, GateEndpoint},
		Meaning: "They could not be read, or the answer depends on them.", Do: "aws ec2 describe-vpc-encryption-controls", Rules: []string{"N132"}})
	UnknownTGWRoutes = define("UNK_TGW_ROUTES", Entry{Kind: MissingFact, Title: "The transit gateway's routes are not known", Gates: []Gate{GateRoute},
		Meaning: "Its tables, associations or propagations are not in the snapshot.", Do: "aws ec2 search-transit-gateway-routes", Analyzer: "TGW_RTB_ROUTES_ARE_UNKNOWN", Rules: []string{"N134"}})
	UnknownCrossAccount = define("UNK_CROSS_ACCOUNT", Entry{Kind: MissingFact, Title: "The other account is not in the snapshot", Gates: []Gate{GateDNS, GateRoute},
		Meaning: "Part of the path is in an account that was not captured.", Do: "Capture the other account, too."})
	UnknownDHCP = define("UNK_DHCP", Entry{Kind: MissingFact, Title: "The DHCP options are not known", Gates: []Gate{GateDNS},
		Meaning: "Which DNS servers the VPC uses is not in the snapshot.", Do: "aws ec2 describe-dhcp-options"})
	UnknownDNSAttrs = define("UNK_DNS_ATTRS", Entry{Kind: MissingFact, Title: "The VPC's DNS attributes are not known", Gates: []Gate{GateDNS},
		Meaning: "enableDnsSupport and enableDnsHostnames are not in the snapshot.", Do: "aws ec2 describe-vpc-attribute", Rules: []string{"N97"}})
	UnknownDNS = define("UNK_DNS", Entry{Kind: MissingFact, Title: "What DNS answers is not known", Gates: []Gate{GateDNS},
		Meaning: "Zones, rules or endpoints that decide it are not in the snapshot.", Do: "Collect Route 53, Route 53 Resolver and the VPC's endpoints.", Rules: []string{"N99"}})
	UnknownDNSCustom = define("UNK_DNS_CUSTOM", Entry{Kind: MissingFact, Title: "The VPC uses DNS servers of its own", Gates: []Gate{GateDNS},
		Meaning: "What they answer is not in a snapshot.", Do: "Ask them from inside the VPC, or use --assume-public-dns.", Rules: []string{"N98"}})
	UnknownDNSForwarded = define("UNK_DNS_FORWARDED", Entry{Kind: MissingFact, Title: "A Resolver rule forwards the query", Gates: []Gate{GateDNS},
		Meaning: "What the servers that it names answer is not in a snapshot.", Do: "Ask them, or use --assume-public-dns.", Rules: []string{"N102"}})
	UnknownEndpointInterfaces = define("UNK_ENDPOINT_INTERFACES", Entry{Kind: MissingFact, Title: "The endpoint's interfaces are not known", Gates: []Gate{GateEndpoint},
		Meaning: "Their addresses and groups are not in the snapshot.", Do: "aws ec2 describe-network-interfaces"})
	UnknownListeners = define("UNK_LISTENERS", Entry{Kind: MissingFact, Title: "The load balancer's listeners are not known", Gates: []Gate{GateSGIngress, GateEndpoint, GateRoute},
		Meaning: "Which ports it listens on is not in a snapshot.", Do: "aws elbv2 describe-listeners", Rules: []string{"N159"}})
	UnknownNetwork = define("UNK_NETWORK", Entry{Kind: MissingFact, Title: "The network could not be decided", Gates: []Gate{GateRoute},
		Meaning: "The question could not be put to the network.", Do: "Check the question."})
	UnknownBudget = define("UNK_BUDGET", Entry{Kind: MissingFact, Title: "The question is too complex", Gates: []Gate{GateRoute, GateEndpointPolicy, GateRole, GateSCP, GateRCP, GateBucketPolicy, GateBucket, GateKMS},
		Meaning: "Rules or policies interact in more ways than the budget allows.", Do: "Ask about fewer subnets, objects or actions.", Rules: []string{"N143"}})
	UnknownDestination = define("UNKNOWN_DESTINATION", Entry{Kind: MissingFact, Title: "What is at the destination is not known", Gates: []Gate{GateRoute},
		Meaning: "The interfaces were not collected.", Do: "aws ec2 describe-network-interfaces", Analyzer: "UNKNOWN_DESTINATION"})
	UnknownResource = define("UNKNOWN_RESOURCE", Entry{Kind: MissingFact, Title: "The snapshot does not hold what the question names", Gates: []Gate{GateJob, GateRoute, GateBucket},
		Meaning: "Its kind was not collected, so that it may exist.", Do: "Collect it, or check the name.", Analyzer: "UNKNOWN_RESOURCE"})
	UnknownRole = define("UNK_ROLE", Entry{Kind: MissingFact, Title: "The role's policies are not known", Gates: []Gate{GateJob, GateRole},
		Meaning: "The role, or a policy of it, is not in the snapshot.", Do: "aws iam get-account-authorization-details"})
	UnknownRoleTrust = define("UNK_ROLE_TRUST", Entry{Kind: MissingFact, Title: "The role's trust policy is not known", Gates: []Gate{GateJob},
		Meaning: "Who may assume the role is not in the snapshot.", Do: "aws iam get-role"})
	UnknownEndpointPolicy = define("UNK_ENDPOINT_POLICY", Entry{Kind: MissingFact, Title: "The endpoint policy is not known", Gates: []Gate{GateEndpointPolicy},
		Meaning: "It is not in the snapshot.", Do: "aws ec2 describe-vpc-endpoints"})
	UnknownSCP = define("UNK_SCP", Entry{Kind: MissingFact, Title: "Service control policies are not known", Gates: []Gate{GateSCP},
		Meaning: "The organization was not captured, or not whole.", Do: "aws organizations list-policies-for-target", Rules: []string{"P99"}})
	UnknownRCP = define("UNK_RCP", Entry{Kind: MissingFact, Title: "Resource control policies are not known", Gates: []Gate{GateRCP},
		Meaning: "The bucket's organization was not captured, or not whole.", Do: "aws organizations list-policies-for-target", Rules: []string{"P99"}})
	UnknownBucketPolicy = define("UNK_BUCKET_POLICY", Entry{Kind: MissingFact, Title: "The bucket policy is not known", Gates: []Gate{GateBucketPolicy},
		Meaning: "It is not in the snapshot.", Do: "aws s3api get-bucket-policy"})
	UnknownResourcePolicy = define("UNK_RESOURCE_POLICY", Entry{Kind: MissingFact, Title: "The resource's own policy is not known", Gates: []Gate{GateResourcePolicy},
		Meaning: "The policy of the secret, repository, queue, topic or role is not in the snapshot.", Do: "Collect it (aws secretsmanager get-resource-policy, aws ecr get-repository-policy, …), or --assume-no-resource-policy."})
	UnknownAccessPointPolicy = define("UNK_ACCESS_POINT_POLICY", Entry{Kind: MissingFact, Title: "The access point's policy is not known", Gates: []Gate{GateBucket},
		Meaning: "It is not in the snapshot.", Do: "aws s3control get-access-point-policy"})
	UnknownAccessPointOrigin = define("UNK_ACCESS_POINT_ORIGIN", Entry{Kind: MissingFact, Title: "The access point's network origin is not known", Gates: []Gate{GateBucket},
		Meaning: "It is not in the snapshot.", Do: "aws s3control get-access-point", Rules: []string{"P269"}})
	UnknownBlockPublicAccess = define("UNK_BLOCK_PUBLIC_ACCESS", Entry{Kind: MissingFact, Title: "S3 Block Public Access is not known", Gates: []Gate{GateBucket},
		Meaning: "The bucket's or the account's settings are not in the snapshot.", Do: "aws s3api get-public-access-block, aws s3control get-public-access-block", Rules: []string{"P256"}})
	UnknownRequesterPays = define("UNK_REQUESTER_PAYS", Entry{Kind: MissingFact, Title: "Whether the requester pays is not known", Gates: []Gate{GateBucket},
		Meaning: "It is not in the snapshot.", Do: "aws s3api get-bucket-request-payment", Rules: []string{"P275"}})
	UnknownACLNotSupported = define("UNK_ACL_NOT_SUPPORTED", Entry{Kind: MissingFact, Title: "The bucket's object ownership is not known", Gates: []Gate{GateBucket},
		Meaning: "Whether it takes ACLs is not in the snapshot.", Do: "aws s3api get-bucket-ownership-controls", Rules: []string{"P245"}})
	UnknownBucket = define("UNK_BUCKET", Entry{Kind: MissingFact, Title: "The bucket is not known", Gates: []Gate{GateBucket},
		Meaning: "What it is like is not in the snapshot.", Do: "aws s3api list-buckets, head-bucket", Rules: []string{"P363"}})
	UnknownBucketRegion = define("UNK_BUCKET_REGION", Entry{Kind: MissingFact, Title: "The bucket's Region is not known", Gates: []Gate{GateBucket},
		Meaning: "It is not in the snapshot, and another Region gives another answer.", Do: "aws s3api head-bucket", Rules: []string{"N41"}})
	UnknownMRAP = define("UNK_MRAP", Entry{Kind: MissingFact, Title: "Multi-Region access points are not modelled", Gates: []Gate{GateBucket},
		Meaning: "Which bucket answers, and what its policies say, is not decided.", Do: "Ask about the bucket itself.", Rules: []string{"P272"}})
	UnknownEncryption = define("UNK_ENCRYPTION", Entry{Kind: MissingFact, Title: "The bucket's encryption is not known", Gates: []Gate{GateKMS},
		Meaning: "Whether objects are encrypted under a KMS key is not in the snapshot.", Do: "aws s3api get-bucket-encryption", Rules: []string{"P222", "P370"}})
	UnknownKMS = define("UNK_KMS", Entry{Kind: MissingFact, Title: "The KMS key is not known", Gates: []Gate{GateKMS},
		Meaning: "Its policy or state is not in the snapshot.", Do: "aws kms get-key-policy, describe-key"})
	UnknownConditionKey = define("UNK_CONDITION_KEY", Entry{Kind: MissingFact, Title: "The value of a condition key is not known", Gates: []Gate{GateEndpointPolicy, GateRole, GateSCP, GateRCP, GateBucketPolicy, GateBucket, GateKMS},
		Meaning: "A policy's condition asks for a value that neither the snapshot nor the question gives.", Do: "Give the value with --context.", Rules: []string{"P181"}})
)
