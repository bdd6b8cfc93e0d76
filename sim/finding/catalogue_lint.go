package finding

// Codes of policy lint and of policy eval.
var (
	PolicyTooLarge = define("POLICY_TOO_LARGE", Entry{Kind: Lint, Title: "The policy is larger than AWS takes",
		Meaning: "AWS refuses it.", Do: "Split it, or use wildcards.", Rules: []string{"P16"}})
	ActionOfOtherService = define("ACTION_OF_OTHER_SERVICE", Entry{Kind: Lint, Title: "A resource policy names another service's action",
		Meaning: "It has no effect, or AWS refuses it.", Do: "Remove the action.", Rules: []string{"P42"}})
	ActionUnknown = define("ACTION_UNKNOWN", Entry{Kind: Lint, Title: "No action matches",
		Meaning: "The Service Authorization Reference lists no such action.", Do: "Correct the action's name.", Rules: []string{"P39"}})
	ActionNeverMatches = define("ACTION_NEVER_MATCHES", Entry{Kind: Lint, Title: "An action never applies to the statement's resources",
		Meaning: "The action works on another type of resource.", Do: "Add the resource type that it works on.", Rules: []string{"P230"}})
	StatementNeverMatches = define("STATEMENT_NEVER_MATCHES", Entry{Kind: Lint, Title: "The statement matches nothing",
		Meaning: "No request matches all its parts.", Do: "Correct the statement.", Rules: []string{"P15", "P230"}})
	ConditionEmpty = define("CONDITION_EMPTY", Entry{Kind: Lint, Title: "The condition is empty",
		Meaning: "It restricts nothing.", Do: "Remove it, or write the condition.", Rules: []string{"P15"}})
	ConditionNeverMatches = define("CONDITION_NEVER_MATCHES", Entry{Kind: Lint, Title: "The condition has no values",
		Meaning: "It never matches.", Do: "Add a value.", Rules: []string{"P165"}})
	ConditionKeyUnknown = define("CONDITION_KEY_UNKNOWN", Entry{Kind: Lint, Title: "No condition key has this name",
		Meaning: "It is always absent from requests.", Do: "Correct the key's name.", Rules: []string{"P148"}})
	ConditionKeyNotSupplied = define("CONDITION_KEY_NOT_SUPPLIED", Entry{Kind: Lint, Title: "The condition key is never supplied for these actions",
		Meaning: "It is always absent from requests of theirs.", Do: "Use a key that the actions support.", Rules: []string{"P149"}})
	SetOperatorMissing = define("SET_OPERATOR_MISSING", Entry{Kind: Lint, Title: "A key with several values lacks a set operator",
		Meaning: "How it compares is not defined.", Do: "Write ForAnyValue or ForAllValues.", Rules: []string{"P170"}})
	ForAllValuesVacuous = define("FOR_ALL_VALUES_VACUOUS", Entry{Kind: Lint, Title: "ForAllValues matches when the key is absent",
		Meaning: "Requests without the key match.", Do: "Add a Null condition.", Rules: []string{"P166"}})
	ValueNeverMatches = define("VALUE_NEVER_MATCHES", Entry{Kind: Lint, Title: "A value never matches",
		Meaning: "It is not of the operator's type.", Do: "Correct the value.", Rules: []string{"P158", "P160"}})
	WildcardIsLiteral = define("WILDCARD_IS_LITERAL", Entry{Kind: Lint, Title: "A wildcard is compared literally",
		Meaning: "The operator does not expand wildcards.", Do: "Use StringLike.", Rules: []string{"P150"}})
	SourceIPPrivate = define("SOURCE_IP_PRIVATE", Entry{Kind: Lint, Title: "aws:SourceIp is compared with private addresses",
		Meaning: "Requests through a VPC endpoint have no aws:SourceIp.", Do: "Use aws:VpcSourceIp.", Rules: []string{"P162"}})
	ARNShort = define("ARN_SHORT", Entry{Kind: Lint, Title: "An ARN has fewer than six parts",
		Meaning: "How AWS reads it depends on the kind of policy.", Do: "Write all six parts.", Rules: []string{"P48"}})
	ARNOperandMalformed = define("ARN_OPERAND_MALFORMED", Entry{Kind: Lint, Title: "An ARN operand has fewer than six parts",
		Meaning: "Whether it matches is not documented.", Do: "Write all six parts.", Rules: []string{"P178"}})
	PrincipalARNSession = define("PRINCIPAL_ARN_SESSION", Entry{Kind: Lint, Title: "aws:PrincipalArn is compared with a session's ARN",
		Meaning: "The key holds the role's ARN.", Do: "Name the role.", Rules: []string{"P194"}})
	PrincipalNeverMatches = define("PRINCIPAL_NEVER_MATCHES", Entry{Kind: Lint, Title: "The principal matches no one",
		Meaning: "It is malformed, or holds a wildcard that is not expanded.", Do: "Name a principal, or use a condition on aws:PrincipalArn.", Rules: []string{"P20", "P24", "P28"}})
	PrincipalDeleted = define("PRINCIPAL_DELETED", Entry{Kind: Lint, Title: "The principal was deleted",
		Meaning: "The policy holds its unique id; a new principal of the same name does not match.", Do: "Name the principal's ARN again.", Rules: []string{"P30"}})
	NotPrincipalAllow = define("NOT_PRINCIPAL_ALLOW", Entry{Kind: Lint, Title: "Allow with NotPrincipal allows everyone else",
		Meaning: "Anonymous callers are among them.", Do: "Name who is allowed.", Rules: []string{"P31"}})
	NotPrincipalDeny = define("NOT_PRINCIPAL_DENY", Entry{Kind: Lint, Title: "Deny with NotPrincipal",
		Meaning: "It spares a role only where its account, role ARN and session ARN are all listed.", Do: "Deny everyone, with a condition on aws:PrincipalArn.", Rules: []string{"P32"}})
	VariableNotExpanded = define("VARIABLE_NOT_EXPANDED", Entry{Kind: Lint, Title: "A policy variable is literal text",
		Meaning: "Variables need Version 2012-10-17.", Do: "Set the Version.", Rules: []string{"P2"}})
	VPCEPrincipalUnsupported = define("VPCE_PRINCIPAL_UNSUPPORTED", Entry{Kind: Lint, Title: "A gateway endpoint's policy names this kind of principal", Gates: []Gate{GateEndpointPolicy},
		Meaning: "Whether it ever matches is not documented.", Do: "Use a condition on aws:PrincipalArn.", Rules: []string{"P119"}})
	VPCEPrincipalRootOnly = define("VPCE_PRINCIPAL_ROOT_ONLY", Entry{Kind: Lint, Title: "A gateway endpoint's policy names an account", Gates: []Gate{GateEndpointPolicy},
		Meaning: "It means the account's root user alone.", Do: "Use a condition on aws:PrincipalAccount.", Rules: []string{"P118"}})
	PublicAccess = define("PUBLIC_ACCESS", Entry{Kind: Lint, Title: "A statement allows everyone",
		Meaning: "Anonymous callers are among them; no condition narrows it to fixed values.", Do: "Name who is allowed, or add a condition.", Rules: []string{"P258"}})
	PassRoleAny = define("PASS_ROLE_ANY", Entry{Kind: Lint, Title: "A statement lets any role be passed",
		Meaning: "Whoever may pass any role to any service may do what the most powerful role may.", Do: "Name the roles, or the services with iam:PassedToService.", Rules: []string{"P35"}})
	FullAccess = define("FULL_ACCESS", Entry{Kind: Lint, Title: "A statement allows every action on every resource",
		Meaning: "Its holder administers the account.", Do: "Name the actions and resources that are needed.", Rules: []string{"P35"}})
	AllowNotAction = define("ALLOW_NOT_ACTION", Entry{Kind: Lint, Title: "A statement allows every action but some",
		Meaning: "Actions of services to come are among them.", Do: "Name the actions that are needed.", Rules: []string{"P395"}})
	RegionUnknown = define("REGION_UNKNOWN", Entry{Kind: Lint, Title: "There is no such Region",
		Meaning: "A value of aws:RequestedRegion, or an ARN, names a Region that this version does not know. Mostly it is misspelt.", Do: "Correct it.", Rules: []string{"P395"}})
	ResourceStar = define("RESOURCE_STAR", Entry{Kind: Lint, Title: "An action that takes a named resource is allowed on every one",
		Meaning: "The statement allows on every resource what it could allow on some. parliament reports the same.", Do: "Name the resources that are needed.", Rules: []string{"P395"}})
	PrivilegeEscalation = define("PRIVILEGE_ESCALATION", Entry{Kind: Lint, Title: "A statement lets its holder take other permissions",
		Meaning: "With one of these actions on every resource a caller may give himself any permission.", Do: "Name the resources that are needed.", Rules: []string{"P395"}})
	ServiceLinkedRoleAny = define("SERVICE_LINKED_ROLE_ANY", Entry{Kind: Lint, Title: "A statement lets service-linked roles of any service be made",
		Meaning: "Such a role gives a service permissions in the account.", Do: "Name the services with iam:AWSServiceName.", Rules: []string{"P395"}})
	ServicePrincipalOpen = define("SERVICE_PRINCIPAL_OPEN", Entry{Kind: Lint, Title: "A service may act for any account's resource",
		Meaning: "Anyone who uses the service may have it use this resource (confused deputy).", Do: "Add a condition on aws:SourceArn, aws:SourceAccount or aws:SourceOrgID.", Rules: []string{"P395"}})
	OIDCSubjectAny = define("OIDC_SUBJECT_ANY", Entry{Kind: Lint, Title: "Any GitHub repository may take the role",
		Meaning: "The trust policy does not compare the subject of the workflow's token with one owner.", Do: "Compare token.actions.githubusercontent.com:sub with repo:OWNER/REPOSITORY:….", Rules: []string{"P395"}})
	ServiceIsWildcard = define("SERVICE_IS_WILDCARD", Entry{Kind: Lint, Title: "An action has a wildcard in its service",
		Meaning: "It is about actions of every service that the pattern matches.", Do: "Name the service.", Rules: []string{"P395"}})
	ValueRedundant = define("VALUE_REDUNDANT", Entry{Kind: Lint, Title: "An action or resource adds nothing",
		Meaning: "Another value of the list matches all that it matches.", Do: "Leave it out.", Rules: []string{"P395"}})
	ARNNeverMatches = define("ARN_NEVER_MATCHES", Entry{Kind: Lint, Title: "An ARN names nothing that there can be",
		Meaning: "Its partition, service, Region or account is none, or its kind of resource has none.", Do: "Correct the ARN.", Rules: []string{"P395"}})
	OperatorOfOtherType = define("OPERATOR_OF_OTHER_TYPE", Entry{Kind: Lint, Title: "An operator does not go with its key",
		Meaning: "The key's values are of another type, so that the comparison is not what it seems.", Do: "Use an operator of the key's type.", Rules: []string{"P395"}})
	ConditionAlwaysMatches = define("CONDITION_ALWAYS_MATCHES", Entry{Kind: Lint, Title: "A condition holds for every value",
		Meaning: "Both true and false are listed.", Do: "Keep one of them.", Rules: []string{"P395"}})
	VariableMalformed = define("VARIABLE_MALFORMED", Entry{Kind: Lint, Title: "A policy variable is not well formed",
		Meaning: "AWS refuses it, or takes it for text.", Do: "Write ${KEY} or ${KEY, 'DEFAULT'}.", Rules: []string{"P395"}})
	MFAKeyAbsent = define("MFA_KEY_ABSENT", Entry{Kind: Lint, Title: "A Deny without MFA does not apply to long-term access keys",
		Meaning: "Their requests have no aws:MultiFactorAuthPresent, and Bool does not match an absent key.", Do: "Write BoolIfExists.", Rules: []string{"P155"}})
	BucketNameInvalid = define("BUCKET_NAME_INVALID", Entry{Kind: Lint, Title: "No bucket can have this name",
		Meaning: "S3 does not allow its length or characters.", Do: "Correct the name.", Rules: []string{"P45"}})
	AddressOdd = define("ADDRESS_ODD", Entry{Kind: Lint, Title: "An address has leading zeros",
		Meaning: "AWS reads them as decimal, other programs as octal.", Do: "Drop the zeros.", Rules: []string{"P366"}})
	RequestMalformed = define("REQUEST_MALFORMED", Entry{Kind: Lint, Title: "The request cannot be read",
		Meaning: "A field of the input line is missing or wrong.", Do: "Correct the line."})
	LineTooLong = define("LINE_TOO_LONG", Entry{Kind: Lint, Title: "The line is too long",
		Meaning: "Lines of policy eval have a limit.", Do: "Split the line."})
	InputMalformed = define("INPUT_MALFORMED", Entry{Kind: Lint, Title: "The input cannot be read",
		Meaning: "A field of the input is missing or wrong.", Do: "Correct the input."})
)
