package snapshot

import "testing"

func TestFunctionsAndInstanceProfiles(t *testing.T) {
	s, err := Parse([]byte(`{"schema": "canreach.snapshot/v1", "accounts": [{"accountId": "111122223333",
		"iam": {"RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/R", "RoleName": "R", "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/R"}]}]},
		"regions": [{"region": "us-east-1", "lambda": {"Functions": [{"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f",
			"Role": "arn:aws:iam::111122223333:role/R", "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}]}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Accounts[0].Regions[0]
	if r.Functions.Presence != Collected || len(r.Functions.Items) != 1 {
		t.Fatalf("functions: %+v", r.Functions)
	}
	f := r.Functions.Items[0]
	if f.Name != "f" || f.VPC != "vpc-1" || len(f.Subnets) != 1 || f.Groups[0] != "sg-1" || f.RoleARN == "" ||
		f.At.Pointer() != "/accounts/0/regions/0/lambda/Functions/0" {
		t.Errorf("function %+v", f)
	}
	if p := s.Accounts[0].IAM.Roles.Items[0].InstanceProfiles; len(p) != 1 || p[0] != "arn:aws:iam::111122223333:instance-profile/R" {
		t.Errorf("instance profiles %v", p)
	}
}
