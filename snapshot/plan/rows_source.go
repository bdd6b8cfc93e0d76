package plan

var sourceRows = []row{
	item("aws_sagemaker_model", "sagemaker", "Models", "ModelName", "ExecutionRoleArn=execution_role_arn!", func(v *overlay, r *resource, o object) {
		v.vpcConfig(r, o, "VpcConfig", "vpc_config")
	}),
	item("aws_sagemaker_notebook_instance", "sagemaker", "NotebookInstances", "NotebookInstanceName",
		"RoleArn=role_arn! SubnetId=subnet_id! SecurityGroups=security_groups* DirectInternetAccess=direct_internet_access", nil),
	item("aws_sagemaker_domain", "sagemaker", "Domains", "DomainId", "DomainName=domain_name VpcId=vpc_id! SubnetIds=subnet_ids* AppNetworkAccessType=app_network_access_type",
		func(v *overlay, r *resource, o object) {
			settings := object{}
			v.set(r, settings, "ExecutionRole", refKind, "default_user_settings", 0, "execution_role")
			v.set(r, settings, "SecurityGroups", refsKind, "default_user_settings", 0, "security_groups")
			o["DefaultUserSettings"] = settings
		}),
	{typ: "aws_lambda_function", put: lambda, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.regionOf(r), "lambda", "Functions"), "FunctionArn", v.arnOf(r))
	}},
}

func (v *overlay) vpcConfig(r *resource, o object, key, attr string) {
	if r.blocks(attr) == 0 {
		return
	}
	c := object{}
	for member, names := range map[string][]string{"Subnets": {"subnets", "subnet_ids"}, "SecurityGroupIds": {"security_group_ids"}} {
		for _, name := range names {
			if ids, whole := v.ids(r, attr, 0, name); whole && len(ids) > 0 {
				c[member] = ids
			}
		}
	}
	o[key] = c
}

// lambda leaves the environment out: it holds secrets.
func lambda(v *overlay, r *resource) {
	arn := v.arnOf(r)
	l := list(v.regionOf(r), "lambda", "Functions")
	if r.unchanged() && v.find(l, "FunctionArn", arn) != nil {
		return
	}
	o := object{"FunctionName": r.text("function_name")}
	v.set(r, o, "Role", refKind, "role")
	if r.blocks("vpc_config") > 0 {
		c := object{}
		v.set(r, c, "SubnetIds", refsKind, "vpc_config", 0, "subnet_ids")
		v.set(r, c, "SecurityGroupIds", refsKind, "vpc_config", 0, "security_group_ids")
		if ids, _ := c["SubnetIds"].([]string); len(ids) > 0 {
			c["VpcId"] = v.vpcOf(ids[0])
		}
		o["VpcConfig"] = c
	}
	v.upsert(l, "FunctionArn", arn, o)
}
