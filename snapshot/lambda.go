package snapshot

// Function is one of lambda list-functions: what --lambda names as a source.
type Function struct {
	At      Source
	Name    string
	ARN     string
	RoleARN string
	VPC     VPCID // empty: the function is not in a VPC
	Subnets []SubnetID
	Groups  []SecurityGroupID
}

var functionShape = shape[Function]{(*reader).function, func(v *Function) string { return v.ARN }, "FunctionArn"}

// lambda reads "lambda" of a region.
func (r *reader) lambda(v *Collection[Function], base string) {
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() == "Functions" {
			collect(r, v, base+"/Functions", functionShape)
			continue
		}
		r.Skip()
	}
}

// function reads one of list-functions.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/lambda/list-functions.html
func (r *reader) function(at Source, v *Function) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "FunctionName":
			v.Name = r.text()
		case "FunctionArn":
			v.ARN = r.text()
		case "Role":
			v.RoleARN = r.text()
		case "VpcConfig":
			for ok := r.object(); ok && r.NextKey(); {
				switch r.Key() {
				case "VpcId":
					readText(r, &v.VPC)
				case "SubnetIds":
					v.Subnets = readTexts[SubnetID](r, nil)
				case "SecurityGroupIds":
					v.Groups = readTexts[SecurityGroupID](r, nil)
				default:
					r.Skip()
				}
			}
		default:
			r.Skip()
		}
	}
}

// instanceProfiles reads a role's InstanceProfileList: the ARNs.
func (r *reader) instanceProfiles() []string {
	var out []string
	for ok := r.array(); ok && r.NextItem(); {
		if arn := r.nestedText("Arn"); arn != "" {
			out = append(out, arn)
		}
	}
	return out
}
