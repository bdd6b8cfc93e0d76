// Package calls lists every AWS call that the capture makes, as data: what it
// asks, what it needs from IAM, where its answer goes. The calls themselves,
// the policy of "canreach snapshot permissions" and "--dry-run" all come from
// this one list. It knows no SDK, so that the rest of the program can read it
// cheaply.
package calls

// Per says what one call of an operation is made for.
type Per uint8

// The kinds of things that calls are made for.
const (
	Account       Per = iota // once an account
	Organization             // once a snapshot, in the first account that may
	Region                   // once an account and region
	VPC                      // for each VPC
	PrefixList               // for each customer-managed or AWS-managed prefix list
	TGWRouteTable            // for each transit gateway route table
	FirewallGroup            // for each DNS Firewall rule group associated with a VPC
	DomainList               // for each DNS Firewall domain list of the account
	Profile                  // for each Route 53 Profile associated with a VPC
	HostedZone               // for each private hosted zone of a VPC
	Bucket                   // for each bucket
	AccessPoint              // for each S3 access point
	Role                     // for each role asked for
	ManagedPolicy            // for each managed policy of a role asked for
	Key                      // for each KMS key that a bucket or job names
	OrgEntity                // for each account and each unit above it
	OrgPolicy                // for each service or resource control policy
	Job                      // for each job asked for
	Resource                 // for each secret, repository, queue or topic asked for
)

var perWords = [...]string{
	"account", "organization", "account and region", "VPC", "prefix list", "transit gateway route table",
	"DNS Firewall rule group", "DNS Firewall domain list", "Route 53 Profile", "private hosted zone", "bucket", "access point",
	"role", "managed policy", "KMS key", "account and organizational unit", "control policy", "job", "resource",
}

// String returns the thing in words.
func (p Per) String() string { return perWords[p] }

// Need says when an operation is part of a capture.
type Need uint8

// The parts of a capture.
const (
	Always       Need = iota
	Network           // everything, or a VPC or job is named
	AllRoles          // everything: all roles at once
	SomeRole          // a role or job is named
	Buckets           // everything, or a bucket or job is named
	Jobs              // a job is named, or everything with its newest jobs
	JobLists          // everything with its newest jobs
	AllZones          // every enabled region
	Members           // every account of the organization
	Secrets           // a Secrets Manager secret is named
	Repositories      // an ECR repository is named
	Queues            // an SQS queue is named
	Topics            // an SNS topic is named
)

// Token is one page token: the output's member Out goes into the next
// input's member In.
type Token struct{ Out, In string }

// Operation is one read-only call of an AWS API.
type Operation struct {
	Service string   // IAM's word but for "s3control", e.g. "ec2"
	Name    string   // the API's, e.g. "DescribeVpcs"
	Actions []string // IAM actions that it needs, e.g. "ec2:DescribeVpcs"; empty: none
	Per     Per
	Need    Need
	// Key is the member of the native form that holds the answer, below its
	// service's object for regional ones, e.g. "Vpcs".
	Key string
	// Items is the output's member that lists resources; empty: the output is one thing.
	Items string
	// SortBy is the items' member to sort by; empty: by the items' own bytes.
	SortBy string
	// SharedKey says that several items may have the same SortBy.
	SharedKey bool
	// Page tokens; empty: the API does not page.
	Page []Token
	// Limit is the input's page size member and Max its largest value.
	Limit string
	Max   int
	// Absent are error codes that mean "there is none", not a failure.
	Absent []string
	// InsteadOf is the operation of the same service that this one stands in
	// for where AWS refuses it; empty: it is always made. Whoever has the
	// permissions that Permissions lists never needs it.
	InsteadOf string
	// Filter is the EC2 filter that narrows the call to VPCs; empty: it can't be.
	Filter string
}

// ID names an operation, e.g. "ec2.DescribeVpcs".
type ID string

// ID returns the operation's name with its service.
func (o Operation) ID() ID { return ID(o.Service + "." + o.Name) }

// Command returns the AWS CLI's name of the operation, e.g. "describe-vpcs".
func (o Operation) Command() string { return kebab(o.Name) }

var next = []Token{{"NextToken", "NextToken"}}

// ec2 is a describe call of one region's collection.
func ec2(name, items, id, filter string, limit int) Operation {
	o := Operation{Service: "ec2", Name: name, Actions: []string{"ec2:" + name}, Per: Region, Need: Network,
		Key: items, Items: items, SortBy: id, Filter: filter}
	if limit > 0 {
		o.Page, o.Limit, o.Max = next, "MaxResults", limit
	}
	return o
}

// resolver is a list call of Route 53 Resolver.
func resolver(per Per, name, items, id string, limit int) Operation {
	return Operation{Service: "route53resolver", Name: name, Actions: []string{"route53resolver:" + name}, Per: per, Need: Network,
		Key: items, Items: items, SortBy: id, Page: next, Limit: "MaxResults", Max: limit}
}

// bucket is a call about one bucket.
func bucket(name, action, key string, absent ...string) Operation {
	return Operation{Service: "s3", Name: name, Actions: []string{"s3:" + action}, Per: Bucket, Need: Buckets, Key: key, Absent: absent}
}

func operation(per Per, need Need, service, name, action, items string) Operation {
	return Operation{Service: service, Name: name, Actions: []string{action}, Per: per, Need: need, Key: items, Items: items}
}

func (o Operation) paged(limit string, most int, tokens ...Token) Operation {
	o.Limit, o.Max, o.Page = limit, most, tokens
	return o
}

func (o Operation) keyed(key, id string) Operation {
	o.Key, o.SortBy = key, id
	return o
}

func (o Operation) absent(codes ...string) Operation {
	o.Absent = codes
	return o
}

func (o Operation) sharedKey() Operation {
	o.SharedKey = true
	return o
}

func (o Operation) insteadOf(name string) Operation {
	o.InsteadOf = name
	return o
}

// All returns every operation, in the order in which a person would make them.
func All() []Operation {
	var all []Operation
	for _, part := range [][]Operation{identity(), network(), dns(), storage(), roles(), keys(), resourcePolicies(), organization(), jobs()} {
		all = append(all, part...)
	}
	return all
}

func identity() []Operation {
	return []Operation{
		// GetCallerIdentity needs no permission.
		{Service: "sts", Name: "GetCallerIdentity", Per: Account, Need: Always},
		{Service: "ec2", Name: "DescribeRegions", Actions: []string{"ec2:DescribeRegions"}, Per: Account, Need: AllZones, Items: "Regions", SortBy: "RegionName"},
	}
}

func network() []Operation {
	attribute := Operation{Service: "ec2", Name: "DescribeVpcAttribute", Actions: []string{"ec2:DescribeVpcAttribute"}, Per: VPC, Need: Network, Key: "VpcAttributes"}
	entries := Operation{Service: "ec2", Name: "GetManagedPrefixListEntries", Actions: []string{"ec2:GetManagedPrefixListEntries"}, Per: PrefixList, Need: Network,
		Items: "Entries", SortBy: "Cidr", Page: next, Limit: "MaxResults", Max: 100}
	routes := Operation{Service: "ec2", Name: "SearchTransitGatewayRoutes", Actions: []string{"ec2:SearchTransitGatewayRoutes"}, Per: TGWRouteTable, Need: Network,
		Key: "TransitGatewayRoutes", Items: "Routes", Page: next, Limit: "MaxResults", Max: 1000}
	table := func(name, key, items string) Operation {
		return Operation{Service: "ec2", Name: name, Actions: []string{"ec2:" + name}, Per: TGWRouteTable, Need: Network,
			Key: key, Items: items, SortBy: "TransitGatewayAttachmentId", Page: next, Limit: "MaxResults", Max: 1000}
	}
	options := Operation{Service: "ec2", Name: "DescribeVpcBlockPublicAccessOptions", Actions: []string{"ec2:DescribeVpcBlockPublicAccessOptions"}, Per: Region, Need: Network,
		Key: "VpcBlockPublicAccessOptions"}
	managed := ec2("DescribeManagedPrefixLists", "PrefixLists", "PrefixListId", "", 100)
	managed.Key = "ManagedPrefixLists" // the two calls' answers have one name
	return []Operation{
		ec2("DescribeVpcs", "Vpcs", "VpcId", "vpc-id", 1000),
		attribute,
		ec2("DescribeSubnets", "Subnets", "SubnetId", "vpc-id", 1000),
		ec2("DescribeRouteTables", "RouteTables", "RouteTableId", "vpc-id", 100),
		ec2("DescribeNetworkAcls", "NetworkAcls", "NetworkAclId", "vpc-id", 1000),
		ec2("DescribeSecurityGroups", "SecurityGroups", "GroupId", "vpc-id", 1000),
		ec2("DescribeSecurityGroupRules", "SecurityGroupRules", "SecurityGroupRuleId", "", 1000),
		ec2("DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations", "GroupId", "vpc-id", 1000).sharedKey(),
		ec2("DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId", "vpc-id", 1000),
		ec2("DescribeInstances", "Reservations", "ReservationId", "vpc-id", 1000).sharedKey(), // its instances may be on two pages
		operation(Region, Network, "lambda", "ListFunctions", "lambda:ListFunctions", "Functions").
			paged("MaxItems", 50, Token{"NextMarker", "Marker"}).keyed("Functions", "FunctionArn"),
		ec2("DescribeAddresses", "Addresses", "AllocationId", "", 0),
		ec2("DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId", "vpc-id", 1000),
		ec2("DescribePrefixLists", "PrefixLists", "PrefixListId", "", 1000),
		managed,
		entries,
		ec2("DescribeDhcpOptions", "DhcpOptions", "DhcpOptionsId", "", 1000),
		ec2("DescribeInternetGateways", "InternetGateways", "InternetGatewayId", "attachment.vpc-id", 1000),
		ec2("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", "", 255),
		ec2("DescribeNatGateways", "NatGateways", "NatGatewayId", "vpc-id", 1000),
		ec2("DescribeVpcPeeringConnections", "VpcPeeringConnections", "VpcPeeringConnectionId", "", 1000),
		ec2("DescribeTransitGateways", "TransitGateways", "TransitGatewayId", "", 1000),
		ec2("DescribeTransitGatewayAttachments", "TransitGatewayAttachments", "TransitGatewayAttachmentId", "", 1000),
		ec2("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId", "", 1000),
		ec2("DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables", "TransitGatewayRouteTableId", "", 1000),
		routes,
		table("GetTransitGatewayRouteTableAssociations", "TransitGatewayRouteTableAssociations", "Associations"),
		table("GetTransitGatewayRouteTablePropagations", "TransitGatewayPropagations", "TransitGatewayRouteTablePropagations"),
		ec2("DescribeVpnGateways", "VpnGateways", "VpnGatewayId", "attachment.vpc-id", 0),
		ec2("DescribeVpnConnections", "VpnConnections", "VpnConnectionId", "", 0),
		options,
		ec2("DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions", "ExclusionId", "", 1000),
		ec2("DescribeVpcEncryptionControls", "VpcEncryptionControls", "VpcEncryptionControlId", "", 1000),
	}
}

func dns() []Operation {
	zones := operation(VPC, Network, "route53", "ListHostedZonesByVPC", "route53:ListHostedZonesByVPC", "HostedZoneSummaries").
		paged("MaxItems", 100, Token{"NextToken", "NextToken"}).keyed("", "HostedZoneId")
	zones.Actions = append(zones.Actions, "ec2:DescribeVpcs")
	profiles := func(per Per, name, items string) Operation {
		return operation(per, Network, "route53profiles", name, "route53profiles:"+name, items).paged("MaxResults", 100, next...).keyed(items, "Id")
	}
	return []Operation{
		resolver(Region, "ListResolverRules", "ResolverRules", "Id", 100),
		resolver(Region, "ListResolverRuleAssociations", "ResolverRuleAssociations", "Id", 100),
		resolver(Region, "ListResolverEndpoints", "ResolverEndpoints", "Id", 100),
		resolver(Region, "ListFirewallConfigs", "FirewallConfigs", "Id", 10),
		resolver(Region, "ListFirewallRuleGroupAssociations", "FirewallRuleGroupAssociations", "Id", 100),
		resolver(FirewallGroup, "ListFirewallRules", "FirewallRules", "", 100),
		resolver(Region, "ListFirewallDomainLists", "FirewallDomainLists", "Id", 100),
		resolver(DomainList, "ListFirewallDomains", "Domains", "", 5000),
		profiles(Region, "ListProfileAssociations", "ProfileAssociations"),
		profiles(Profile, "ListProfileResourceAssociations", "ProfileResourceAssociations"),
		zones,
		operation(HostedZone, Network, "route53", "GetHostedZone", "route53:GetHostedZone", "").keyed("HostedZones", ""),
		operation(HostedZone, Network, "route53", "ListResourceRecordSets", "route53:ListResourceRecordSets", "ResourceRecordSets").
			paged("MaxItems", 300, Token{"NextRecordName", "StartRecordName"}, Token{"NextRecordType", "StartRecordType"}, Token{"NextRecordIdentifier", "StartRecordIdentifier"}),
	}
}

func storage() []Operation {
	return []Operation{
		operation(Account, Buckets, "s3", "ListBuckets", "s3:ListAllMyBuckets", "Buckets").
			paged("MaxBuckets", 1000, Token{"ContinuationToken", "ContinuationToken"}).keyed("", "Name"),
		bucket("HeadBucket", "ListBucket", "").insteadOf("ListBuckets"),
		bucket("GetBucketLocation", "GetBucketLocation", "LocationConstraint"),
		bucket("GetBucketPolicy", "GetBucketPolicy", "Policy", "NoSuchBucketPolicy"),
		bucket("GetBucketPolicyStatus", "GetBucketPolicyStatus", "PolicyStatus", "NoSuchBucketPolicy"),
		bucket("GetPublicAccessBlock", "GetBucketPublicAccessBlock", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"),
		bucket("GetBucketOwnershipControls", "GetBucketOwnershipControls", "OwnershipControls", "OwnershipControlsNotFoundError"),
		bucket("GetBucketAcl", "GetBucketAcl", "Acl"),
		bucket("GetBucketEncryption", "GetEncryptionConfiguration", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"),
		bucket("GetBucketTagging", "GetBucketTagging", "TagSet", "NoSuchTagSet", "NoSuchTagSetError"),
		bucket("GetBucketRequestPayment", "GetBucketRequestPayment", "Payer"),
		bucket("GetBucketAbac", "GetBucketAbac", "AbacStatus"),
		operation(Account, Buckets, "s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", "").keyed("accountPublicAccessBlock", "").absent("NoSuchPublicAccessBlockConfiguration"),
		operation(Region, Buckets, "s3control", "ListAccessPoints", "s3:ListAccessPoints", "AccessPointList").paged("MaxResults", 1000, next...).keyed("accessPoints", "AccessPointArn"),
		operation(AccessPoint, Buckets, "s3control", "GetAccessPoint", "s3:GetAccessPoint", ""),
		operation(AccessPoint, Buckets, "s3control", "GetAccessPointPolicy", "s3:GetAccessPointPolicy", "").keyed("Policy", "").absent("NoSuchAccessPointPolicy"),
	}
}

func roles() []Operation {
	marker := Token{"Marker", "Marker"}
	return []Operation{
		operation(Account, AllRoles, "iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails", "RoleDetailList").
			paged("MaxItems", 1000, marker).keyed("RoleDetailList", "Arn"),
		operation(Role, SomeRole, "iam", "GetRole", "iam:GetRole", "").absent("NoSuchEntity"),
		operation(Role, SomeRole, "iam", "ListRolePolicies", "iam:ListRolePolicies", "PolicyNames").paged("MaxItems", 1000, marker),
		operation(Role, SomeRole, "iam", "GetRolePolicy", "iam:GetRolePolicy", ""),
		operation(Role, SomeRole, "iam", "ListAttachedRolePolicies", "iam:ListAttachedRolePolicies", "AttachedPolicies").paged("MaxItems", 1000, marker).keyed("", "PolicyArn"),
		operation(ManagedPolicy, SomeRole, "iam", "GetPolicy", "iam:GetPolicy", ""),
		operation(ManagedPolicy, SomeRole, "iam", "GetPolicyVersion", "iam:GetPolicyVersion", ""),
	}
}

func keys() []Operation {
	return []Operation{
		operation(Region, Buckets, "kms", "ListAliases", "kms:ListAliases", "Aliases").paged("Limit", 100, Token{"NextMarker", "Marker"}).keyed("Aliases", "AliasName"),
		operation(Key, Buckets, "kms", "DescribeKey", "kms:DescribeKey", "").keyed("Keys", ""),
		operation(Key, Buckets, "kms", "GetKeyPolicy", "kms:GetKeyPolicy", "").keyed("Policy", ""),
		operation(Key, Buckets, "kms", "ListGrants", "kms:ListGrants", "Grants").paged("Limit", 100, Token{"NextMarker", "Marker"}).keyed("Grants", "GrantId"),
	}
}

// resourcePolicies are those of other services than S3 and KMS, of what a request names.
func resourcePolicies() []Operation {
	return []Operation{
		operation(Resource, Secrets, "secretsmanager", "GetResourcePolicy", "secretsmanager:GetResourcePolicy", ""),
		operation(Resource, Repositories, "ecr", "GetRepositoryPolicy", "ecr:GetRepositoryPolicy", "").absent("RepositoryPolicyNotFoundException"),
		operation(Resource, Queues, "sqs", "GetQueueUrl", "sqs:GetQueueUrl", ""),
		operation(Resource, Queues, "sqs", "GetQueueAttributes", "sqs:GetQueueAttributes", ""),
		operation(Resource, Topics, "sns", "GetTopicAttributes", "sns:GetTopicAttributes", ""),
	}
}

func organization() []Operation {
	org := func(per Per, name, items string) Operation {
		o := operation(per, Always, "organizations", name, "organizations:"+name, items)
		if items != "" {
			o = o.paged("MaxResults", 20, next...)
		}
		return o
	}
	members := org(Organization, "ListAccounts", "Accounts").keyed("", "Id")
	members.Need = Members
	return []Operation{
		org(Account, "DescribeOrganization", "").absent("AWSOrganizationsNotInUseException"),
		members,
		org(OrgEntity, "ListParents", "Parents"),
		org(Organization, "ListRoots", "Roots").keyed("Roots", "Id"),
		org(Organization, "ListPolicies", "Policies").keyed("", "Id"),
		org(OrgPolicy, "DescribePolicy", ""),
		org(OrgPolicy, "ListTargetsForPolicy", "Targets").keyed("Targets", "TargetId"),
	}
}

func jobs() []Operation {
	job := func(name, kind string) Operation {
		return operation(Job, Jobs, "sagemaker", name, "sagemaker:"+name, "").keyed(kind, "")
	}
	list := func(kind, items, id string) Operation {
		return operation(Region, JobLists, "sagemaker", "List"+kind, "sagemaker:List"+kind, items).keyed(kind, id)
	}
	return []Operation{
		list("CompilationJobs", "CompilationJobSummaries", "CompilationJobName"),
		list("TrainingJobs", "TrainingJobSummaries", "TrainingJobName"),
		list("ProcessingJobs", "ProcessingJobSummaries", "ProcessingJobName"),
		list("TransformJobs", "TransformJobSummaries", "TransformJobName"),
		list("Models", "Models", "ModelName"),
		list("NotebookInstances", "NotebookInstances", "NotebookInstanceName"),
		list("Domains", "Domains", "DomainId"),
		list("OptimizationJobs", "OptimizationJobSummaries", "OptimizationJobName"),
		job("DescribeCompilationJob", "CompilationJobs"),
		job("DescribeTrainingJob", "TrainingJobs"),
		job("DescribeProcessingJob", "ProcessingJobs"),
		job("DescribeTransformJob", "TransformJobs"),
		job("DescribeModel", "Models"),
		job("DescribeNotebookInstance", "NotebookInstances"),
		job("DescribeDomain", "Domains"),
		job("DescribeOptimizationJob", "OptimizationJobs"),
	}
}
