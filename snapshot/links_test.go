package snapshot

import "testing"

func TestTransitGatewayTablesOfTheCLI(t *testing.T) {
	s, w := mustImport(t, dir(here+"t.json", `{"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"tgw-rtb-1","TransitGatewayId":"tgw-1"}]}`,
		here+"a.json", `{"TransitGatewayVpcAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1","VpcId":"vpc-1"}]}`,
		here+"get-transit-gateway-route-table-associations.tgw-rtb-1.json", `{"Associations":[{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceType":"vpc","State":"associated"}]}`,
		here+"get-transit-gateway-route-table-propagations.tgw-rtb-1.json", `{"TransitGatewayRouteTablePropagations":[{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceType":"vpc","State":"enabled"}]}`,
		here+"TransitGatewayStaticRoutes.json", `{"TransitGatewayStaticRoutes":[{"TransitGatewayRouteTableId":"tgw-rtb-1","Routes":[{"DestinationCidrBlock":"0.0.0.0/0","Type":"static"}]}]}`))
	e := regionOf(t, s).EC2
	table, attachment := e.TGWRouteTables.Items[0], e.TGWAttachments.Items[0]
	if len(w) > 0 || table.RoutesKnown || len(table.StaticRoutes) != 1 || !table.StaticRoutesKnown || len(table.Propagations) != 1 || len(table.Associations) != 1 {
		t.Errorf("%+v, warnings %v", table, w)
	}
	if attachment.AssociatedTable != "tgw-rtb-1" || !attachment.AssociationKnown || attachment.AssociationState != "associated" {
		t.Errorf("%+v", attachment)
	}
}

func TestRoute53Profiles(t *testing.T) {
	s, w := mustImport(t, dir(here+"v.json", `{"Vpcs":[]}`,
		here+"route53profiles/list-profile-associations.json", `{"ProfileAssociations":[{"Id":"rpassoc-1","ProfileId":"rp-1","ResourceId":"vpc-1","Status":"COMPLETE"}]}`,
		here+"route53profiles/list-profile-resource-associations.rp-1.json", `{"ProfileResourceAssociations":[{"Id":"rpr-1","ProfileId":"rp-1","ResourceType":"PRIVATE_HOSTED_ZONE",`+
			`"ResourceArn":"arn:aws:route53:::hostedzone/Z1","Status":"COMPLETE"}]}`))
	n := regionOf(t, s).Resolver
	if len(w) > 0 || len(n.Profiles.Items) != 1 || n.Profiles.Items[0].VPC != "vpc-1" || len(n.ProfileResources.Items) != 1 || n.ProfileResources.Items[0].Profile != "rp-1" {
		t.Errorf("%+v %+v, warnings %v", n.Profiles, n.ProfileResources, w)
	}
}

func TestOptimizationJob(t *testing.T) {
	job, err := ParseJob([]byte(`{"OptimizationJobName":"o","RoleArn":"arn:aws:iam::111122223333:role/R","ModelSource":{"S3":{"S3Uri":"s3://models/in/"}},
		"OptimizationConfigs":[],"OutputConfig":{"S3OutputLocation":"s3://models/out/","KmsKeyId":"k"},"VpcConfig":{"Subnets":["subnet-1"],"SecurityGroupIds":["sg-1"]}}`))
	if err != nil || job.Kind != "OptimizationJob" || !job.HasVPCConfig || len(job.Inputs) != 1 || job.Outputs[0].KMSKeyID != "k" {
		t.Errorf("%+v, %v", job, err)
	}
}

// A notebook instance's description lists its groups under the key that
// describe-security-groups has.
func TestANotebookInstanceIsNoListOfGroups(t *testing.T) {
	s, _ := mustImport(t, dir("111122223333/us-east-1/describe-notebook-instance.json",
		`{"NotebookInstanceName":"n","NotebookInstanceArn":"arn:aws:sagemaker:us-east-1:111122223333:notebook-instance/n","SubnetId":"subnet-00000001","SecurityGroups":["sg-00000001"],"RoleArn":"arn:aws:iam::111122223333:role/x"}`,
		"111122223333/us-east-1/describe-security-groups.json", `{"SecurityGroups":[{"GroupId":"sg-00000001","GroupName":"g","VpcId":"vpc-00000001"}]}`))
	r := s.Accounts[0].Regions[0]
	if len(r.SageMaker.Jobs.Items) != 1 || r.SageMaker.Jobs.Items[0].Name != "n" || len(r.EC2.SecurityGroups.Items) != 1 {
		t.Errorf("%+v, %+v", r.SageMaker.Jobs.Items, r.EC2.SecurityGroups.Items)
	}
}
