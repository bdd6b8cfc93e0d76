package plan

import (
	"github.com/canreach/canreach/internal/jsontree"
)

var bucketRows = []row{
	{typ: "aws_kms_key", put: kmsKey, remove: removeKey},
	{typ: "aws_kms_replica_key", put: kmsKey, remove: removeKey},
	{typ: "aws_kms_external_key", put: kmsKey, remove: removeKey},
	{typ: "aws_kms_replica_external_key", put: kmsKey, remove: removeKey},
	part("aws_kms_key_policy", func(v *overlay, r *resource) {
		id := v.id(r, "key_id")
		for _, key := range []string{"KeyId", "Arn"} {
			if n := v.find(v.accountOf(r).Get("kms").Get("Keys"), key, id); n != nil {
				v.documents().document(r, n, "Policy", "policy")
			}
		}
	}, func(v *overlay, r *resource) {
		for _, key := range []string{"KeyId", "Arn"} {
			if n := v.find(v.accountOf(r).Get("kms").Get("Keys"), key, v.id(r, "key_id")); n != nil {
				n.Set("Policy", jsontree.NewString(defaultKeyPolicy(v.accountOf(r).Get("accountId").Text())))
			}
		}
	}),
	{typ: "aws_kms_alias", put: func(v *overlay, r *resource) {
		v.upsert(list(v.accountOf(r), "kms", "Aliases"), "AliasName", v.idOf(r), object{"AliasArn": v.arnOf(r), "TargetKeyId": v.id(r, "target_key_id")})
	}, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "kms", "Aliases"), "AliasName", v.idOf(r))
	}},
	{typ: "aws_kms_grant", put: kmsGrant, remove: func(v *overlay, r *resource) {
		for _, n := range v.accountOf(r).Get("kms").Get("Keys").Elements() {
			removeWhere(n.Get("Grants"), func(x *jsontree.Node) bool { return x.Get("GrantId").Text() == orText(r.text("grant_id"), v.idOf(r)) })
		}
	}},
	{typ: "aws_s3_bucket", put: bucket, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "s3", "buckets"), "Name", v.idOf(r))
	}},
	bucketPart("aws_s3_bucket_policy", func(v *overlay, r *resource, n *jsontree.Node) { v.documents().document(r, n, "Policy", "policy") },
		func(n *jsontree.Node) { n.Set("Policy", jsontree.NewNull()) }),
	bucketPart("aws_s3_bucket_public_access_block", func(v *overlay, r *resource, n *jsontree.Node) {
		n.Set("PublicAccessBlockConfiguration", node(publicAccessBlock(r)))
	}, func(n *jsontree.Node) { n.Set("PublicAccessBlockConfiguration", jsontree.NewNull()) }),
	bucketPart("aws_s3_bucket_ownership_controls", func(v *overlay, r *resource, n *jsontree.Node) {
		n.Set("OwnershipControls", node(object{"Rules": []object{{"ObjectOwnership": r.text("rule", 0, "object_ownership")}}}))
	}, func(n *jsontree.Node) { n.Set("OwnershipControls", jsontree.NewNull()) }),
	bucketPart("aws_s3_bucket_server_side_encryption_configuration", encryption, func(n *jsontree.Node) { n.Set("ServerSideEncryptionConfiguration", node(sseS3)) }),
	bucketPart("aws_s3_bucket_request_payment_configuration", func(v *overlay, r *resource, n *jsontree.Node) {
		n.Set("RequestPayment", node(object{"Payer": r.text("payer")}))
	}, func(n *jsontree.Node) { n.Set("RequestPayment", node(object{"Payer": "BucketOwner"})) }),
	{typ: "aws_s3_directory_bucket", put: bucket, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "s3", "buckets"), "Name", v.idOf(r))
	}},
	bucketPart("aws_s3_bucket_abac", func(v *overlay, r *resource, n *jsontree.Node) {
		n.Set("AbacStatus", node(object{"Status": orText(r.text("abac_status", 0, "status"), r.text("abac_status", "status"))}))
	}, func(n *jsontree.Node) { n.Set("AbacStatus", node(object{"Status": "Disabled"})) }),
	bucketPart("aws_s3_bucket_acl", acl, nil),
	{typ: "aws_s3_account_public_access_block", put: func(v *overlay, r *resource) {
		list(v.accountOf(r), "s3", "buckets")
		v.accountOf(r).Get("s3").Set("accountPublicAccessBlock", node(publicAccessBlock(r)))
	}, remove: func(v *overlay, r *resource) {
		if n := v.accountOf(r).Get("s3"); n != nil {
			n.Set("accountPublicAccessBlock", jsontree.NewNull())
		}
	}},
	{typ: "aws_s3_access_point", put: accessPoint, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "s3", "accessPoints"), "Name", r.text("name"))
	}},
	part("aws_s3control_access_point_policy", func(v *overlay, r *resource) {
		for _, n := range v.accountOf(r).Get("s3").Get("accessPoints").Elements() {
			if arn := v.id(r, "access_point_arn"); arn != "" && n.Get("AccessPointArn").Text() == arn {
				v.documents().document(r, n, "Policy", "policy")
			}
		}
	}, func(v *overlay, r *resource) {
		for _, n := range v.accountOf(r).Get("s3").Get("accessPoints").Elements() {
			if n.Get("AccessPointArn").Text() == v.id(r, "access_point_arn") {
				n.Set("Policy", jsontree.NewNull())
			}
		}
	}),
}

// sseS3 is what S3 encrypts with where nothing else is set.
var sseS3 = object{"Rules": []object{{"ApplyServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}}}}

// defaultKeyPolicy is the policy of a key that is made without one.
//
// AWS: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func defaultKeyPolicy(account string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
}

func kmsKey(v *overlay, r *resource) {
	id, l := v.idOf(r), list(v.accountOf(r), "kms", "Keys")
	if r.unchanged() && v.find(l, "KeyId", id) != nil {
		return
	}
	account := v.accountOf(r).Get("accountId").Text()
	o := object{"Arn": v.arnOf(r), "AWSAccountId": account, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}
	if on, known := r.get("is_enabled"); known && on == false {
		o["KeyState"] = "Disabled"
	}
	if r.created() {
		o["Grants"] = []object{}
	}
	if r.created() && !r.configured("policy") {
		o["Policy"] = defaultKeyPolicy(account)
	} else {
		v.documents().policyMember(r, o, "Policy", "kms", "GetKeyPolicy", v.arnOf(r), "policy")
	}
	v.upsert(l, "KeyId", id, o)
}

func removeKey(v *overlay, r *resource) {
	// Terraform schedules the key for deletion: it cannot be used from then on.
	if n := v.find(v.accountOf(r).Get("kms").Get("Keys"), "KeyId", v.idOf(r)); n != nil {
		n.Set("KeyState", jsontree.NewString("PendingDeletion"))
	}
}

func kmsGrant(v *overlay, r *resource) {
	operations, _ := r.texts("operations")
	key := v.id(r, "key_id")
	for _, n := range v.accountOf(r).Get("kms").Get("Keys").Elements() {
		if n.Get("KeyId").Text() == key || n.Get("Arn").Text() == key {
			putUnique(list(n, "Grants"), object{"GrantId": orText(r.text("grant_id"), v.idOf(r)), "GranteePrincipal": v.id(r, "grantee_principal"), "Operations": orEmpty(operations)}, "GrantId")
		}
	}
}

// bucket adds a bucket; a new one has what S3 gives new buckets: Block Public
// Access on, ACLs off, SSE-S3.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
func bucket(v *overlay, r *resource) {
	name, l := v.idOf(r), list(v.accountOf(r), "s3", "buckets")
	if r.unchanged() && v.find(l, "Name", name) != nil {
		return
	}
	o := object{"region": v.regionName(r)}
	if r.configured("policy") {
		v.documents().policyMember(r, o, "Policy", "s3", "GetBucketPolicy", name, "policy")
	} else if policy := r.text("policy"); policy != "" {
		o["Policy"] = policy
	} else if r.created() {
		o["Policy"] = nil
	}
	if r.created() {
		on := true
		o["PublicAccessBlockConfiguration"] = object{"BlockPublicAcls": on, "IgnorePublicAcls": on, "BlockPublicPolicy": on, "RestrictPublicBuckets": on}
		o["OwnershipControls"] = object{"Rules": []object{{"ObjectOwnership": "BucketOwnerEnforced"}}}
		o["ServerSideEncryptionConfiguration"] = sseS3
		o["RequestPayment"] = object{"Payer": "BucketOwner"}
	}
	if r.values["tags"] != nil || r.values["tags_all"] != nil {
		o["TagSet"] = tags(r)
	}
	v.upsert(l, "Name", name, o)
}

// bucketNode finds a bucket by its name, in whichever account.
func (v *overlay) bucketNode(name string) *jsontree.Node {
	for _, a := range v.root.Get("accounts").Elements() {
		if n := v.find(a.Get("s3").Get("buckets"), "Name", name); n != nil {
			return n
		}
	}
	return nil
}

func bucketPart(typ string, put func(*overlay, *resource, *jsontree.Node), reset func(*jsontree.Node)) row {
	return row{typ: typ, put: func(v *overlay, r *resource) {
		n := v.bucketNode(v.id(r, "bucket"))
		if n == nil {
			v.note("%s: its bucket is not in the snapshot", r.address)
			return
		}
		put(v, r, n)
	}, remove: func(v *overlay, r *resource) {
		if n := v.bucketNode(r.text("bucket")); n != nil && reset != nil {
			reset(n)
		}
	}}
}

// blockKeys are the four settings of Block Public Access, with Terraform's names.
var blockKeys = map[string]string{"BlockPublicAcls": "block_public_acls", "IgnorePublicAcls": "ignore_public_acls",
	"BlockPublicPolicy": "block_public_policy", "RestrictPublicBuckets": "restrict_public_buckets"}

func publicAccessBlock(r *resource) object {
	o := object{}
	for key, attr := range blockKeys {
		if on, known := r.get(attr); known {
			o[key] = on == true
		}
	}
	return o
}

func encryption(v *overlay, r *resource, n *jsontree.Node) {
	by := object{}
	v.set(r, by, "SSEAlgorithm", plain, "rule", 0, "apply_server_side_encryption_by_default", 0, "sse_algorithm")
	v.set(r, by, "KMSMasterKeyID", refKind, "rule", 0, "apply_server_side_encryption_by_default", 0, "kms_master_key_id")
	n.Set("ServerSideEncryptionConfiguration", node(object{"Rules": []object{{"ApplyServerSideEncryptionByDefault": by}}}))
}

// acl removes what the snapshot knew of a bucket's ACL: a canned ACL's grants
// name the owner's canonical id, which a plan does not tell.
func acl(v *overlay, r *resource, n *jsontree.Node) {
	if !r.unchanged() {
		n.Delete("AccessControlPolicy")
	}
}

func accessPoint(v *overlay, r *resource) {
	account := v.accountOf(r).Get("accountId").Text()
	name := r.text("name")
	o := object{"AccessPointArn": orText(r.text("arn"), "arn:aws:s3:"+v.regionName(r)+":"+account+":accesspoint/"+name), "Bucket": v.id(r, "bucket"),
		"BucketAccountId": orText(r.text("bucket_account_id"), account), "NetworkOrigin": "Internet"}
	if vpc := v.id(r, "vpc_configuration", 0, "vpc_id"); vpc != "" {
		o["NetworkOrigin"], o["VpcConfiguration"] = "VPC", object{"VpcId": vpc}
	}
	if r.blocks("public_access_block_configuration") > 0 {
		block := object{}
		for key, attr := range blockKeys {
			block[key] = r.text("public_access_block_configuration", 0, attr) != "false"
		}
		o["PublicAccessBlockConfiguration"] = block
	}
	if r.created() && !r.configured("policy") {
		o["Policy"] = nil
	} else {
		v.documents().policyMember(r, o, "Policy", "s3control", "GetAccessPointPolicy", name, "policy")
	}
	v.upsert(list(v.accountOf(r), "s3", "accessPoints"), "Name", name, o)
}
