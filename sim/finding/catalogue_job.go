package finding

// Codes of the job gate: what a service demands of VpcConfig and the role.
var (
	JobSubnetCount = define("JOB_SUBNET_COUNT", Entry{Kind: Blocking, Title: "VpcConfig lists too few or too many subnets", Gates: []Gate{GateJob},
		Meaning: "The service takes fewer or more subnets; most take 1 to 16.", Do: "List as many subnets as the service takes.", Rules: []string{"N144", "N180"}})
	JobSGCount = define("JOB_SG_COUNT", Entry{Kind: Blocking, Title: "VpcConfig lists too few or too many security groups", Gates: []Gate{GateJob},
		Meaning: "The service takes fewer or more security groups; most take 1 to 5.", Do: "List as many groups as the service takes.", Rules: []string{"N144", "N180"}})
	JobSubnetZones = define("JOB_SUBNET_ZONES", Entry{Kind: Blocking, Title: "The subnets are in too few Availability Zones", Gates: []Gate{GateJob},
		Meaning: "The service places the job in several Availability Zones at once.", Do: "Name subnets of as many zones as the service asks.", Rules: []string{"N180"}})
	JobSGSelfIngress = define("JOB_SG_SELF_INGRESS", Entry{Kind: Blocking, Title: "No security group lets in all TCP from itself", Gates: []Gate{GateJob},
		Meaning: "The service's own parts talk to one another through the job's interfaces, and it refuses groups that stop that.", Do: "Add an inbound rule to one of the groups: all TCP, with the group itself as the source.", Rules: []string{"N182"}})
	JobDuplicateID = define("JOB_DUPLICATE_ID", Entry{Kind: Blocking, Title: "An id is listed twice in VpcConfig", Gates: []Gate{GateJob},
		Meaning: "The same subnet or security group is listed more than once.", Do: "Remove the duplicate.", Rules: []string{"N144"}})
	JobUnknownID = define("JOB_UNKNOWN_ID", Entry{Kind: Blocking, Title: "VpcConfig or the role names something that does not exist", Gates: []Gate{GateJob},
		Meaning: "The collection was captured whole and does not hold the subnet, security group or role.", Do: "Check the id, its account and its Region.", Rules: []string{"N144", "N157"}})
	JobSubnetsSpanVPCS = define("JOB_SUBNETS_SPAN_VPCS", Entry{Kind: Blocking, Title: "The subnets belong to different VPCs", Gates: []Gate{GateJob},
		Meaning: "All subnets of a job must be in one VPC.", Do: "Keep the subnets of one VPC.", Rules: []string{"N145"}})
	JobSGOtherVPC = define("JOB_SG_OTHER_VPC", Entry{Kind: Blocking, Title: "A security group belongs to another VPC", Gates: []Gate{GateJob},
		Meaning: "An interface takes only the groups of its own VPC.", Do: "Name a group of the subnets' VPC.", Rules: []string{"N145"}})
	JobTenancy = define("JOB_TENANCY", Entry{Kind: Blocking, Title: "The VPC has dedicated tenancy", Gates: []Gate{GateJob},
		Meaning: "Jobs run in VPCs with default tenancy only.", Do: "Use a VPC with default tenancy.", Rules: []string{"N146"}})
	JobDHCPOptions = define("JOB_DHCP_OPTIONS", Entry{Kind: Blocking, Title: "The VPC's DHCP option set lacks a domain name or DNS servers", Gates: []Gate{GateJob},
		Meaning: "SageMaker refuses processing and training jobs in a VPC whose option set lacks domain-name or domain-name-servers.", Do: "Create an option set with both keys, and associate it with the VPC.", Rules: []string{"N169"}})
	JobSubnetIPs = define("JOB_SUBNET_IPS", Entry{Kind: Blocking, Title: "The subnet has too few free addresses", Gates: []Gate{GateJob},
		Meaning: "Each instance of the job needs a free address in the subnet it lands in.", Do: "Free addresses, or name a larger subnet.", Rules: []string{"N147"}})
	JobSubnetKind = define("JOB_SUBNET_KIND", Entry{Kind: Blocking, Title: "The kind of subnet is not supported", Gates: []Gate{GateJob},
		Meaning: "Outposts, Local Zone and Wavelength subnets do not take a job's interfaces, or which kind it is is not known.", Do: "Name a subnet of an Availability Zone.", Rules: []string{"N148"}})
	JobSharedSG = define("JOB_SHARED_SG", Entry{Kind: Blocking, Title: "The security group is shared from another account or VPC", Gates: []Gate{GateJob},
		Meaning: "Whether a job may use a shared security group is not documented.", Do: "Name a group of the subnets' own VPC and account.", Rules: []string{"N150"}})
	JobSGSubnetEgress = define("JOB_SG_SUBNET_EGRESS", Entry{Kind: Blocking, Title: "The job's groups do not let it reach its own subnets", Gates: []Gate{GateSGEgress},
		Meaning: "Instances of a distributed job talk to each other; their groups stop that.", Do: "Allow traffic between members of the group.", Rules: []string{"N152"}})
	JobPartition = define("JOB_PARTITION", Entry{Kind: Blocking, Title: "The job and the bucket are in different partitions", Gates: []Gate{GateJob},
		Meaning: "Credentials of one partition (aws, aws-cn, aws-us-gov) are not valid in another.", Do: "Use a bucket of the job's partition.", Rules: []string{"N108"}})
	JobPrecheckOutsideVPC = define("JOB_PRECHECK_OUTSIDE_VPC", Entry{Kind: Blocking, Title: "A check from outside the VPC fails", Gates: []Gate{GateEndpointPolicy, GateRole, GateSCP, GateRCP, GateBucketPolicy, GateBucket, GateKMS},
		Meaning: "The service checks the bucket before the job starts, without the job's VPC endpoint, and a policy demands it.", Do: "Exempt the service's own calls from the condition on the endpoint.", Rules: []string{"P320"}})
	JobRoleOtherAccount = define("JOB_ROLE_OTHER_ACCOUNT", Entry{Kind: Blocking, Title: "The role belongs to another account", Gates: []Gate{GateJob},
		Meaning: "A job's role must be of the job's own account.", Do: "Name a role of the job's account.", Rules: []string{"P325"}})
	JobRoleTrust = define("JOB_ROLE_TRUST", Entry{Kind: Blocking, Title: "The role's trust policy does not let the service assume it", Gates: []Gate{GateJob},
		Meaning: "The service cannot take on the role, so the job does not start.", Do: "Allow sts:AssumeRole to the service's principal in the trust policy.", Rules: []string{"P312"}})
	JobRoleEC2Actions = define("JOB_ROLE_EC2_ACTIONS", Entry{Kind: Blocking, Title: "The role lacks the EC2 actions that a job in a VPC needs", Gates: []Gate{GateJob},
		Meaning: "The service creates the job's network interfaces with the role.", Do: "Allow the EC2 network interface actions that the service documents.", Rules: []string{"P316"}})
)
