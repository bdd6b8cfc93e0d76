package finding

// Codes of the policy layers and of the bucket.
var (
	EndpointPolicyExplicitDeny = define("ENDPOINT_POLICY_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "The endpoint policy denies the request", Gates: []Gate{GateEndpointPolicy},
		Meaning: "A Deny statement of the VPC endpoint's policy matches.", Do: "Narrow the Deny statement.", Rules: []string{"P80"}})
	EndpointPolicyNoAllow = define("ENDPOINT_POLICY_NO_ALLOW", Entry{Kind: Blocking, Title: "The endpoint policy does not allow the request", Gates: []Gate{GateEndpointPolicy},
		Meaning: "Only requests that an Allow statement of the endpoint's policy matches pass it.", Do: "Allow the request in the endpoint policy.", Rules: []string{"P112"}})
	RoleExplicitDeny = define("ROLE_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "A policy of the role denies the request", Gates: []Gate{GateRole},
		Meaning: "A Deny statement of an identity policy, the boundary or the session policy matches.", Do: "Narrow the Deny statement.", Rules: []string{"P80"}})
	RoleNoAllow = define("ROLE_NO_ALLOW", Entry{Kind: Blocking, Title: "No policy of the role allows the request", Gates: []Gate{GateRole},
		Meaning: "An identity policy must allow the request, and the boundary and session policy, where there are any, too.", Do: "Allow the request in a policy of the role.", Rules: []string{"P82"}})
	SCPExplicitDeny = define("SCP_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "A service control policy denies the request", Gates: []Gate{GateSCP},
		Meaning: "A Deny statement of the organization matches.", Do: "Change the policy in the management account.", Rules: []string{"P80"}})
	SCPNoAllow = define("SCP_NO_ALLOW", Entry{Kind: Blocking, Title: "A level of service control policies does not allow the request", Gates: []Gate{GateSCP},
		Meaning: "Each level from the root down to the account must allow it.", Do: "Allow the request at that level.", Rules: []string{"P95"}})
	RCPExplicitDeny = define("RCP_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "A resource control policy denies the request", Gates: []Gate{GateRCP},
		Meaning: "A Deny statement of the bucket's organization matches.", Do: "Change the policy in the management account.", Rules: []string{"P80"}})
	RCPNoAllow = define("RCP_NO_ALLOW", Entry{Kind: Blocking, Title: "A level of resource control policies does not allow the request", Gates: []Gate{GateRCP},
		Meaning: "RCPFullAWSAccess is attached everywhere and cannot be taken off.", Do: "Check the organization's capture.", Rules: []string{"P95"}})
	BucketPolicyExplicitDeny = define("BUCKET_POLICY_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "The bucket policy denies the request", Gates: []Gate{GateBucketPolicy},
		Meaning: "A Deny statement of the bucket policy matches.", Do: "Narrow the Deny statement.", Rules: []string{"P80"}})
	BucketPolicyNoAllow = define("BUCKET_POLICY_NO_ALLOW", Entry{Kind: Blocking, Title: "The bucket policy does not allow the request", Gates: []Gate{GateBucketPolicy},
		Meaning: "Across accounts the bucket policy must allow it, too.", Do: "Allow the role in the bucket policy.", Rules: []string{"P82", "P206"}})
	ResourcePolicyExplicitDeny = define("RESOURCE_POLICY_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "The resource's own policy denies the request", Gates: []Gate{GateResourcePolicy},
		Meaning: "A Deny statement of the policy of a secret, repository, queue, topic or role matches.", Do: "Narrow the Deny statement.", Rules: []string{"P80"}})
	ResourcePolicyNoAllow = define("RESOURCE_POLICY_NO_ALLOW", Entry{Kind: Blocking, Title: "The resource's own policy does not allow the request", Gates: []Gate{GateResourcePolicy},
		Meaning: "Across accounts, and for a role that is to be assumed, the resource's own policy must allow it, too.", Do: "Allow the caller in the resource's policy.", Rules: []string{"P82"}})
	AccessPointPolicyExplicitDeny = define("ACCESS_POINT_POLICY_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "The access point's policy denies the request", Gates: []Gate{GateBucket},
		Meaning: "A Deny statement of the access point's policy matches.", Do: "Narrow the Deny statement.", Rules: []string{"P80"}})
	AccessPointPolicyNoAllow = define("ACCESS_POINT_POLICY_NO_ALLOW", Entry{Kind: Blocking, Title: "The access point's policy does not allow the request", Gates: []Gate{GateBucket},
		Meaning: "The access point's policy must allow what the bucket policy delegates to it.", Do: "Allow the role in the access point's policy.", Rules: []string{"P82"}})
	AccessPointOrigin = define("ACCESS_POINT_ORIGIN", Entry{Kind: Blocking, Title: "The access point takes requests of one VPC only", Gates: []Gate{GateBucket},
		Meaning: "Its network origin is a VPC, and the request comes from elsewhere.", Do: "Send the request from that VPC, or use another access point.", Rules: []string{"P269"}})
	BlockPublicAccess = define("BLOCK_PUBLIC_ACCESS", Entry{Kind: Blocking, Title: "S3 Block Public Access stops the request", Gates: []Gate{GateBucket},
		Meaning: "The bucket or its account ignores public policies or restricts public buckets, and the grant is public.", Do: "Grant access to a named principal.", Rules: []string{"P256"}})
	RequesterPays = define("REQUESTER_PAYS", Entry{Kind: Blocking, Title: "The bucket is Requester Pays", Gates: []Gate{GateBucket},
		Meaning: "Requests from other accounts must say that they pay.", Do: "Send x-amz-request-payer.", Rules: []string{"P275"}})
	ACLNotSupported = define("ACL_NOT_SUPPORTED", Entry{Kind: Blocking, Title: "The bucket does not take ACLs", Gates: []Gate{GateBucket},
		Meaning: "Object ownership is BucketOwnerEnforced, and the request sets an ACL.", Do: "Leave the ACL out of the request.", Rules: []string{"P245"}})
	NoSuchBucket = define("NO_SUCH_BUCKET", Entry{Kind: Blocking, Title: "The bucket does not exist", Gates: []Gate{GateBucket},
		Meaning: "S3 answers that there is no such bucket.", Do: "Check the name.", Rules: []string{"P86"}})
	KMSExplicitDeny = define("KMS_EXPLICIT_DENY", Entry{Kind: Blocking, Title: "A policy denies the use of the KMS key", Gates: []Gate{GateKMS},
		Meaning: "The object is encrypted under a key that the role is denied.", Do: "Narrow the Deny statement.", Rules: []string{"P309"}})
	KMSNoAllow = define("KMS_NO_ALLOW", Entry{Kind: Blocking, Title: "No policy allows the use of the KMS key", Gates: []Gate{GateKMS},
		Meaning: "The object is encrypted under a key that the role may not use.", Do: "Allow kms:Decrypt and kms:GenerateDataKey in the key policy or the role.", Rules: []string{"P306", "P307"}})
	KMSKeyState = define("KMS_KEY_STATE", Entry{Kind: Blocking, Title: "The KMS key cannot be used", Gates: []Gate{GateKMS},
		Meaning: "It is disabled, pending deletion or not there.", Do: "Enable the key, or encrypt under another one.", Rules: []string{"P310"}})
	KMSPathUndocumented = define("KMS_PATH_UNDOCUMENTED", Entry{Kind: Blocking, Title: "S3 calls KMS, not the job", Gates: []Gate{GateKMS},
		Meaning: "The job's network has no part in the use of the key.", Do: "No action is needed.", Rules: []string{"N154"}})
	MissingKeyLooksDenied = define("MISSING_KEY_LOOKS_DENIED", Entry{Kind: Blocking, Title: "A missing object looks like a denial", Gates: []Gate{GateRole},
		Meaning: "Without s3:ListBucket, S3 answers 403 for an object that does not exist.", Do: "Allow s3:ListBucket to tell the two apart.", Rules: []string{"P238"}})
	UnsignedRequests = define("UNSIGNED_REQUESTS", Entry{Kind: Blocking, Title: "The endpoint policy stops unsigned requests", Gates: []Gate{GateEndpointPolicy},
		Meaning: "The policy asks who calls; yum, dnf, apt and public downloads sign nothing.", Do: "Allow the repository's bucket without a condition on the caller.", Rules: []string{"P127", "P361"}})
	VPCEDenyOnly = define("VPCE_DENY_ONLY", Entry{Kind: Blocking, Title: "The endpoint policy has Deny statements only", Gates: []Gate{GateEndpointPolicy},
		Meaning: "Without an Allow statement it allows nothing.", Do: "Add an Allow statement.", Rules: []string{"P112", "P129"}})
	PolicyMalformed = define("POLICY_MALFORMED", Entry{Kind: Blocking, Title: "The policy cannot be read", Gates: []Gate{GateEndpointPolicy, GateRole, GateSCP, GateRCP, GateBucketPolicy, GateBucket, GateKMS, GateJob},
		Meaning: "AWS would refuse it.", Do: "Correct the policy.", Rules: []string{"P17"}})
)
