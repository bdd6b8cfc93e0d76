package world

// The ids of the policy base world.
const (
	PolicyAccount  = "111111111111" // A
	ForeignAccount = "222222222222" // X
	PolicyRole     = "arn:aws:iam::111111111111:role/R"
	PolicyBucket   = "b"
)

// Policy returns the base world of docs/semantics/policy.md, section 12,
// edited: account A owns bucket b and vpc-1 with subnet-1, sg-1 and the
// gateway endpoint vpce-1 (default policy); role R may do all of S3. A is a
// member of organization o-1 with full access; X is in none.
func Policy(edits ...Edit) *World {
	w := New(PolicyAccount, RegionID)
	full := Obj{"Version": "2012-10-17", "Statement": List{Obj{"Effect": "Allow", "Action": "*", "Resource": "*"}}}
	fullRCP := Obj{"Version": "2012-10-17", "Statement": List{Obj{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}
	w.Apply(
		VPC("vpc-1", "10.0.0.0/16"),
		Add("RouteTables"), Add("VpcEndpoints"), Add("NetworkInterfaces"), Add("Reservations"),
		Add("InternetGateways"), Add("EgressOnlyInternetGateways"), Add("NatGateways"), Add("VpcPeeringConnections"),
		Add("TransitGateways"), Add("TransitGatewayAttachments"), Add("TransitGatewayVpcAttachments"), Add("TransitGatewayRouteTables"), Add("VpnGateways"),
		Add("DhcpOptions", Obj{"DhcpOptionsId": "dopt-1", "DhcpConfigurations": List{
			Obj{"Key": "domain-name", "Values": List{Obj{"Value": "ec2.internal"}}},
			Obj{"Key": "domain-name-servers", "Values": List{Obj{"Value": "AmazonProvidedDNS"}}}}}),
		BPA("off"),
		Add("ResolverRules"), Add("ResolverRuleAssociations"), Add("FirewallRuleGroupAssociations"), Add("HostedZones"), Add("ProfileAssociations"),
		Add("PrefixLists", Obj{"PrefixListId": PL, "PrefixListName": "com.amazonaws.us-east-1.s3", "OwnerId": "AWS", "AddressFamily": "IPv4",
			"Cidrs": List{"52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19"}}),
		ACL("acl-1", "vpc-1", true, AllowAll...),
		Subnet("subnet-1", "vpc-1", "10.0.1.0/24", "us-east-1a"),
		Table("rtb-1", "vpc-1", []string{"subnet-1"}, ToList(PL, "vpce-1")),
		Gateway("vpce-1", "vpc-1", "rtb-1"),
		Group("sg-1", "vpc-1", nil, []Obj{Rule("-1", "0.0.0.0/0")}),
		Add("RoleDetailList", RoleObj(PolicyRole,
			Trust("sagemaker.amazonaws.com"),
			Doc(Allow("s3:*", "*")),
			Doc(Allow("ec2:*", "*")))),
		AddBucket(PolicyBucket, RegionID, nil),
		Do(func(w *World) {
			a := w.Account(PolicyAccount)
			a["organizationId"] = "o-1"
			a["organizationPath"] = List{"r-1", "ou-1"}
			w.Account(ForeignAccount)
			w.root["organizations"] = Obj{
				"organizationId": "o-1", "managementAccountId": "999999999999",
				"serviceControlPolicies": List{Obj{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": true, "Content": full,
					"Targets": List{Obj{"TargetId": "r-1"}, Obj{"TargetId": "ou-1"}, Obj{"TargetId": PolicyAccount}}}},
				"resourceControlPolicies": List{Obj{"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess", "AwsManaged": true, "Content": fullRCP,
					"Targets": List{Obj{"TargetId": "r-1"}, Obj{"TargetId": "ou-1"}, Obj{"TargetId": PolicyAccount}}}},
			}
		}),
	)
	return w.Apply(edits...)
}

// Doc is a policy document, Version 2012-10-17.
func Doc(statements ...Obj) Obj {
	return Obj{"Version": "2012-10-17", "Statement": list(statements)}
}

// Allow is an identity policy's statement. Action and resource are a string or a List.
func Allow(action, resource any) Obj {
	return Obj{"Effect": "Allow", "Action": action, "Resource": resource}
}

// Deny is an identity policy's statement.
func Deny(action, resource any) Obj {
	return Obj{"Effect": "Deny", "Action": action, "Resource": resource}
}

// For gives a statement a Principal: "*", an ARN or account id, or an Obj.
func For(principal any, statement Obj) Obj {
	if s, ok := principal.(string); ok && s != "*" {
		principal = Obj{"AWS": s}
	}
	statement["Principal"] = principal
	return statement
}

// If gives a statement a condition: operator, key, value or a List of values.
// Several Ifs are joined by AND.
func If(operator, key string, value any, statement Obj) Obj {
	c, ok := statement["Condition"].(Obj)
	if !ok {
		c = Obj{}
		statement["Condition"] = c
	}
	op, ok := c[operator].(Obj)
	if !ok {
		op = Obj{}
		c[operator] = op
	}
	op[key] = value
	return statement
}

// Trust is a role's trust policy for a service.
func Trust(service string) Obj {
	return Doc(Obj{"Effect": "Allow", "Principal": Obj{"Service": service}, "Action": "sts:AssumeRole"})
}

// RoleObj is one of RoleDetailList with inline policies p0, p1, …
func RoleObj(arn string, trust Obj, inline ...Obj) Obj {
	path, name := splitRole(arn)
	policies := List{}
	for i, d := range inline {
		policies = append(policies, Obj{"PolicyName": "p" + string(rune('0'+i)), "PolicyDocument": d})
	}
	return Obj{"Arn": arn, "RoleName": name, "Path": path, "RoleId": "AROA" + name, "AssumeRolePolicyDocument": trust,
		"RolePolicyList": policies, "AttachedManagedPolicies": List{}, "InstanceProfileList": List{}, "Tags": List{}}
}

func splitRole(arn string) (path, name string) {
	rest := arn[len("arn:aws:iam::111111111111:role"):]
	for i := len(rest) - 1; i >= 0; i-- {
		if rest[i] == '/' {
			return rest[:i+1], rest[i+1:]
		}
	}
	panic("world: not a role ARN: " + arn)
}

// Identity replaces a role's S3 permissions, its inline policy p0.
func Identity(role string, document Obj) Edit {
	return func(w *World) {
		w.Get("RoleDetailList", role)["RolePolicyList"].(List)[0].(Obj)["PolicyDocument"] = document
	}
}

// Boundary gives a role a permissions boundary, a managed policy of its account.
func Boundary(role string, document Obj) Edit {
	return func(w *World) {
		arn := "arn:aws:iam::" + w.account + ":policy/Boundary"
		w.Get("RoleDetailList", role)["PermissionsBoundary"] = Obj{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
		Add("Policies", ManagedPolicy(arn, document))(w)
	}
}

// ManagedPolicy is one of Policies.
func ManagedPolicy(arn string, document Obj) Obj {
	_, name := splitPolicy(arn)
	return Obj{"Arn": arn, "PolicyName": name, "DefaultVersionId": "v1",
		"PolicyVersionList": List{Obj{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}}}
}

func splitPolicy(arn string) (path, name string) {
	for i := len(arn) - 1; i >= 0; i-- {
		if arn[i] == '/' {
			return arn[:i], arn[i+1:]
		}
	}
	panic("world: not a policy ARN: " + arn)
}

// EndpointPolicy replaces an endpoint's policy.
func EndpointPolicy(endpoint string, document any) Edit {
	return Set("VpcEndpoints", endpoint, "PolicyDocument", document)
}

// BucketPolicy replaces a bucket's policy; nil: there is none.
func BucketPolicy(bucket string, document any) Edit {
	return Set("buckets", bucket, "Policy", document)
}

// AddBucket adds a bucket with everything collected: SSE-S3,
// BucketOwnerEnforced, public access blocks off, and this policy (nil: none).
func AddBucket(name, region string, policy any) Edit {
	return Add("buckets", Obj{"Name": name, "region": region, "Policy": policy,
		"PublicAccessBlockConfiguration": nil,
		"OwnershipControls":              Obj{"Rules": List{Obj{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"ServerSideEncryptionConfiguration": Obj{"Rules": List{Obj{
			"ApplyServerSideEncryptionByDefault": Obj{"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}}},
		"Tags": List{}})
}

// SCP attaches a service control policy to targets (root, OU or account ids).
func SCP(id string, document Obj, targets ...string) Edit {
	return orgPolicy("serviceControlPolicies", id, document, targets)
}

// RCP attaches a resource control policy to targets.
func RCP(id string, document Obj, targets ...string) Edit {
	return orgPolicy("resourceControlPolicies", id, document, targets)
}

func orgPolicy(collection, id string, document Obj, targets []string) Edit {
	ts := List{}
	for _, t := range targets {
		ts = append(ts, Obj{"TargetId": t})
	}
	return Add(collection, Obj{"Id": id, "Name": id, "AwsManaged": false, "Content": document, "Targets": ts})
}

// Detach takes an organization policy off a target.
func Detach(collection, id, target string) Edit {
	return func(w *World) {
		for _, p := range w.holder(collection)[collection].(List) {
			if o := p.(Obj); o["Id"] == id {
				o["Targets"] = without(o["Targets"].(List), func(t Obj) bool { return t["TargetId"] == target })
				return
			}
		}
		panic("world: no " + collection + " " + id)
	}
}

// NoTargets leaves out what an organization policy is attached to, as if it
// had not been collected.
func NoTargets(collection, id string) Edit {
	return func(w *World) {
		for _, p := range w.holder(collection)[collection].(List) {
			if o := p.(Obj); o["Id"] == id {
				delete(o, "Targets")
			}
		}
	}
}
