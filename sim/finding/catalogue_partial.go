package finding

// Codes that say in which respect an answer holds for part of the question only (Finding.Also).
var (
	PSubnetChoice = define("P_SUBNET_CHOICE", Entry{Kind: PartOf, Title: "The answer depends on the subnet",
		Meaning: "Some of the subnets that the job may land in work, and some do not.", Do: "Mend or remove the subnets that fail.", Rules: []string{"N1"}})
	PDstSubset = define("P_DST_SUBSET", Entry{Kind: PartOf, Title: "The answer depends on the destination's address",
		Meaning: "Some addresses of the destination work, and some do not.", Do: "Cover all addresses of the destination.", Rules: []string{"N1"}})
	PEndpointENIChoice = define("P_ENDPOINT_ENI_CHOICE", Entry{Kind: PartOf, Title: "The answer depends on which interface of the endpoint answers",
		Meaning: "DNS gives any of them.", Do: "Mend the interfaces that fail.", Rules: []string{"N1"}})
	PEphemeralSubset = define("P_EPHEMERAL_SUBSET", Entry{Kind: PartOf, Title: "The answer depends on the client's port",
		Meaning: "Replies to some ephemeral ports are dropped.", Do: "Allow the whole range of ephemeral ports.", Rules: []string{"N6"}})
	PSourceAddress = define("P_SOURCE_ADDRESS", Entry{Kind: PartOf, Title: "The answer depends on the client's address",
		Meaning: "Some addresses of the subnet work, and some do not.", Do: "Cover the whole subnet.", Rules: []string{"N1"}})
	PIPFamily = define("P_IP_FAMILY", Entry{Kind: PartOf, Title: "The answer depends on the IP version",
		Meaning: "IPv4 works and IPv6 does not, or the other way round.", Do: "Mend the version that fails.", Rules: []string{"N53"}})
)
