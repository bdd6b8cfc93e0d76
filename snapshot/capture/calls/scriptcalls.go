package calls

import (
	"fmt"
	"strings"
)

// loop says what a script's calls of one kind are made for: the shell that
// lists the subjects, and the option that names one.
type loop struct{ subjects, option string }

// loops are those of the kinds whose subjects come from earlier answers.
var loops = map[Per]loop{
	VPC:           {`$(values VpcId "$dir/$region/ec2/describe-vpcs.json")`, `--vpc-id "$id"`},
	TGWRouteTable: {`$(values TransitGatewayRouteTableId "$dir/$region/ec2/describe-transit-gateway-route-tables.json")`, `--transit-gateway-route-table-id "$id"`},
	PrefixList: {`$(values PrefixListId "$dir/$region/ec2/describe-managed-prefix-lists.json" | grep -v -x -e "$(values PrefixListId "$dir/$region/ec2/describe-prefix-lists.json")")`,
		`--prefix-list-id "$id"`},
	FirewallGroup: {`$( (values FirewallRuleGroupId "$dir/$region/route53resolver/list-firewall-rule-group-associations.json"; found 'rslvr-frg-[0-9a-z]*' "$dir/$region/route53profiles/"*) | sort -u)`,
		`--firewall-rule-group-id "$id"`},
	DomainList: {"$(ids route53resolver list-firewall-domain-lists --query 'FirewallDomainLists[?ManagedOwnerName==null].Id')", `--firewall-domain-list-id "$id"`},
	Profile:    {`$(values ProfileId "$dir/$region/route53profiles/list-profile-associations.json")`, `--profile-id "$id"`},
	HostedZone: {`$( (values HostedZoneId "$dir/$region/route53/"list-hosted-zones-by-vpc.*.json; found 'hostedzone/[0-9A-Z]*' "$dir/$region/route53profiles/"* | cut -d / -f 2) | sort -u)`, ``},
	Bucket:     {`$buckets`, `--bucket "$id"`},
	OrgPolicy:  {`$(found 'p-[0-9A-Za-z]*' "$dir/organizations/"list-policies.*.json)`, `--policy-id "$id"`},
	Role:       {`$(printf '%s\n' $roles | sed 's|.*/||' | sort -u)`, `--role-name "$id"`},
}

// operation writes one call, in the loop that it needs.
func (s *scripter) operation(o Operation) {
	command, service := o.Command(), o.Service
	if service == "s3" {
		service = "s3api" // so the AWS CLI calls it
	}
	if s.special(o, service, command) {
		return
	}
	file := o.Service + "/" + command
	if regional(o) {
		file = "$region/" + file
	}
	l, many := loops[o.Per]
	if !many {
		s.line("save %s %s %s%s", file, service, command, s.narrowed(o))
		return
	}
	if o.Per == Bucket {
		file = "s3/$id/" + command
	} else {
		file += ".$id"
	}
	s.line("for id in %s; do save \"%s\" %s %s %s; done", l.subjects, file, service, command, l.option)
}

// narrowed is the filter to the VPCs of a scope.
func (s *scripter) narrowed(o Operation) string {
	if o.Filter == "" || !s.request.Scoped() {
		return ""
	}
	option := "--filters"
	if o.Name == "DescribeNatGateways" {
		option = "--filter"
	}
	return fmt.Sprintf(` %s "Name=%s,Values=$(joined $vpcs)"`, option, o.Filter)
}

// special writes the calls whose options no table tells; false: o is none.
func (s *scripter) special(o Operation, service, command string) bool {
	in := `"$region/` + o.Service + "/" + command
	switch o.ID() {
	case "sts.GetCallerIdentity":
		s.raw("save sts/get-caller-identity sts get-caller-identity")
	case "ec2.DescribeVpcAttribute":
		s.line(`for id in %s; do for what in enableDnsSupport enableDnsHostnames; do save %s.$id.$what" ec2 %s --vpc-id "$id" --attribute $what; done; done`, loops[VPC].subjects, in, command)
	case "ec2.SearchTransitGatewayRoutes":
		s.line(`for id in %s; do save %s.$id" ec2 %s --transit-gateway-route-table-id "$id" --filters Name=state,Values=active,blackhole; done`, loops[TGWRouteTable].subjects, in, command)
	case "ec2.DescribeSecurityGroupRules":
		s.groupRules(in, command)
	case "route53.ListHostedZonesByVPC":
		s.line(`for id in %s; do save %s.$id" route53 %s --vpc-id "$id" --vpc-region "$region"; done`, loops[VPC].subjects, in, command)
	case "route53.GetHostedZone":
		s.line(`for id in %s; do save %s.$id" route53 %s --id "$id"; done`, loops[HostedZone].subjects, in, command)
	case "route53.ListResourceRecordSets":
		s.line(`for id in %s; do save %s.$id" route53 %s --hosted-zone-id "$id"; done`, loops[HostedZone].subjects, in, command)
	case "s3.ListBuckets":
		s.raw(`save s3/list-buckets s3api list-buckets`)
		if !s.request.Scoped() {
			s.raw(`buckets=$(ids s3api list-buckets --query 'Buckets[].Name')`)
		} else {
			s.raw(`buckets=$(printf '%s\n' $buckets | sort -u)`)
		}
	case "s3control.GetPublicAccessBlock":
		s.line(`save s3control/%s s3control %s --account-id "$account"`, command, command)
	case "s3control.ListAccessPoints":
		s.raw("points=")
		s.line(`for region in %s; do`, s.regions())
		s.raw(`export AWS_REGION=$region AWS_DEFAULT_REGION=$region`)
		s.line(`save %s" s3control %s --account-id "$account"`, in, command)
		s.line(`for id in $(values Name "$dir/$region/s3control/%s.json"); do`, command)
		s.raw(`save "$region/s3control/get-access-point.$id" s3control get-access-point --account-id "$account" --name "$id"`)
		s.raw(`save "$region/s3control/get-access-point-policy.$id" s3control get-access-point-policy --account-id "$account" --name "$id"`)
		s.raw(`done; done`)
	case "s3control.GetAccessPoint", "s3control.GetAccessPointPolicy": // with the list
	case "kms.ListAliases":
		s.keyCalls()
	case "kms.DescribeKey", "kms.GetKeyPolicy", "kms.ListGrants": // with the aliases
	default:
		return s.specialIdentity(o, command) || o.Per == Resource && s.resourceCalls(o, in, command) || o.Service == "sagemaker" && s.jobCalls(o, command)
	}
	return true
}

// specialIdentity is special for the calls of IAM and of Organizations.
func (s *scripter) specialIdentity(o Operation, command string) bool {
	switch o.ID() {
	case "iam.GetAccountAuthorizationDetails":
		s.line(`save iam/%s iam %s --filter Role LocalManagedPolicy AWSManagedPolicy`, command, command)
	case "iam.GetRolePolicy":
		s.line(`for id in %s; do for what in $(ids iam list-role-policies --role-name "$id" --query 'PolicyNames[]'); do save "iam/$id/%s.$what" iam %s --role-name "$id" --policy-name "$what"; done; done`, loops[Role].subjects, command, command)
	case "iam.GetPolicy":
		s.raw(`for id in $( (values PolicyArn "$dir/iam/"list-attached-role-policies.*.json; values PermissionsBoundaryArn "$dir/iam/"get-role.*.json) | sort -u); do`)
		s.raw(`name=${id##*/}`)
		s.raw(`save "iam/get-policy.$name" iam get-policy --policy-arn "$id"`)
		s.raw(`for what in $(values DefaultVersionId "$dir/iam/get-policy.$name.json"); do save "iam/get-policy-version.$name" iam get-policy-version --policy-arn "$id" --version-id "$what"; done`)
		s.raw(`done`)
	case "iam.GetPolicyVersion": // with the policy
	case "organizations.ListParents":
		s.raw(`id=$account`)
		s.raw(`for step in 1 2 3 4 5 6 7 8; do`)
		s.line(`save "organizations/%s.$id" organizations %s --child-id "$id"`, command, command)
		s.line(`id=$(values Id "$dir/organizations/%s.$id.json")`, command)
		s.raw(`case $id in ou-*) ;; *) break ;; esac`)
		s.raw(`done`)
	case "organizations.ListPolicies":
		s.line(`for id in SERVICE_CONTROL_POLICY RESOURCE_CONTROL_POLICY; do save "organizations/%s.$id" organizations %s --filter "$id"; done`, command, command)
	default:
		return false
	}
	return true
}

// groupRules asks for all rules, or those of a scope's groups.
func (s *scripter) groupRules(in, command string) {
	if !s.request.Scoped() {
		s.line(`save %s" ec2 %s`, in, command)
		return
	}
	s.raw(`for id in $groups; do save "$region/ec2/describe-security-groups.$id" ec2 describe-security-groups --filters "Name=group-id,Values=$id"; done`)
	s.line(`for id in $(values GroupId "$dir/$region/ec2/"describe-security-groups*.json); do save %s.$id" ec2 %s --filters "Name=group-id,Values=$id"; done`, in, command)
}

// jobCalls lists the newest jobs of everything, and describes each; a scope's
// jobs were described when they were followed.
func (s *scripter) jobCalls(o Operation, command string) bool {
	if o.Need != JobLists {
		return true
	}
	sorted := " --sort-by CreationTime --sort-order Descending"
	if o.Name == "ListDomains" {
		sorted = ""
	}
	describe := "describe-" + strings.TrimSuffix(strings.TrimPrefix(command, "list-"), "s")
	s.line(`for id in $(ids sagemaker %s%s --max-items %d --query '%s[].%s'); do save "$region/sagemaker/%s.$id" sagemaker %s %s "$id"; done`,
		command, sorted, s.request.MaxJobs, o.Items, o.SortBy, describe, describe, nameFlag(describe))
	return true
}

// keyCalls asks for the aliases of each region and for the keys that they,
// buckets and jobs name.
func (s *scripter) keyCalls() {
	s.raw(`keys="$keys $(values KMSMasterKeyID "$dir/s3/"*/get-bucket-encryption.json)"`)
	s.line(`for region in %s; do`, s.regions())
	s.raw(`export AWS_REGION=$region AWS_DEFAULT_REGION=$region`)
	s.raw(`save "$region/kms/list-aliases" kms list-aliases`)
	targets := `$(values TargetKeyId "$dir/$region/kms/list-aliases.json")`
	if s.request.Scoped() {
		targets = ""
	}
	s.line(`for id in $(printf '%%s\n' $keys %s | sort -u); do`, targets)
	s.raw(`case $id in arn:*:kms:$region:*) ;; arn:*) continue ;; esac`)
	s.raw(`arn=$(aws kms describe-key --key-id "$id" --query KeyMetadata.Arn --output text 2>/dev/null) || continue`)
	s.raw(`id=${arn##*/}`)
	s.raw(`save "$region/kms/describe-key.$id" kms describe-key --key-id "$arn"`)
	s.raw(`save "$region/kms/get-key-policy.$id" kms get-key-policy --key-id "$arn" --policy-name default`)
	s.raw(`save "$region/kms/list-grants.$id" kms list-grants --key-id "$arn"`)
	s.raw(`done; done`)
}

// resourceCalls asks for the policies of the resources that the request names,
// each in the Region of its ARN.
func (s *scripter) resourceCalls(o Operation, in, command string) bool {
	for _, arn := range s.request.Resources {
		p := strings.SplitN(arn, ":", 6)
		if p[2] != o.Service {
			continue
		}
		id := strings.TrimPrefix(p[5], "repository/")
		option := map[string]string{
			"GetResourcePolicy":   `--secret-id ` + quote(arn),
			"GetRepositoryPolicy": `--registry-id ` + p[4] + ` --repository-name ` + quote(id),
			"GetQueueAttributes": `--queue-url "$(aws sqs get-queue-url --region ` + p[3] + ` --queue-name ` + quote(id) + ` --queue-owner-aws-account-id ` + p[4] +
				` --query QueueUrl --output text)" --attribute-names Policy QueueArn`,
			"GetTopicAttributes": `--topic-arn ` + quote(arn),
		}[o.Name]
		if option == "" {
			continue // GetQueueUrl: with the attributes
		}
		s.line(`save %s.%s" %s %s --region %s %s`, strings.Replace(in, "$region", p[3], 1), strings.NewReplacer("/", "_", ":", "_").Replace(id), o.Service, command, p[3], option)
	}
	return true
}
