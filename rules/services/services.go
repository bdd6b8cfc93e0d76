// Package services is one table of what AWS's services ask of a job that runs
// in a VPC: who makes its network interface, which principal its role has to
// trust, what it calls and from where, and the limits on subnets and groups.
// It is data, with AWS's page beside each row; what it does not say is not asked.
package services

import "slices"

// Workload is one kind of job of a service.
type Workload struct {
	Kind    string // snapshot.Job.Kind: "CompilationJob"
	Service string // word of --service: "sagemaker"
	Title   string // "SageMaker Neo compilation job"
	Name    string // the service in a sentence: "SageMaker"
	Page    string // where AWS describes its network

	Trust      Trust
	Interfaces Interfaces
	Subnets    Limit
	Groups     Limit
	// Field is where its description lists subnets and groups.
	Field string
	// Addresses is how many free addresses each instance needs in a subnet; 0: not documented.
	Addresses int
	// DefaultTenancy: AWS refuses a VPC of dedicated tenancy (N146).
	DefaultTenancy bool
	// DHCP is what becomes of it in a VPC whose DHCP option set lacks a domain name or DNS servers (N169).
	DHCP DHCP
	// OwnSubnets: its groups have to let it out to all of its subnets (N152).
	OwnSubnets bool
	// SelfIngress: one of its groups has to let in all TCP from itself (N174).
	SelfIngress bool
	// PublicAddress says whether its interface gets a public IPv4 address.
	PublicAddress Public
	Session       Session
	// Prechecks: the service may look at what the job reads and writes before it starts, from its own network (P320).
	Prechecks bool
	// Keys are condition keys, lower case, that the job's credentials carry, with values that no snapshot tells (P383).
	Keys  []string
	Calls []Call
}

// Trust is what the role's trust policy has to allow.
type Trust struct {
	Principals []string // service principals
	All        bool     // every one of them; else one suffices
	Actions    []string // beside sts:AssumeRole
	// WebIdentity: or the OIDC provider of the cluster, for sts:AssumeRoleWithWebIdentity.
	WebIdentity bool
	// SourceARN is the aws:SourceArn of the call, with PARTITION, REGION, ACCOUNT and NAME to fill in. A * at
	// its end stands for what AWS does not document. Empty: not known.
	SourceARN string
	Page      string
}

// Maker is who creates a workload's network interfaces.
type Maker int

// Who makes them. Only ByRole asks anything of the job's own role.
const (
	ByRole              Maker = iota + 1 // the service, with the job's role
	ByServiceLinkedRole                  // a service-linked role
	ByOther                              // a principal that the job does not name
)

// Interfaces says who makes the network interfaces.
type Interfaces struct {
	By      Maker
	Maker   string // the service-linked role, or who else
	Actions []InterfaceAction
	// Authorized is ec2:AuthorizedService of CreateNetworkInterfacePermission; empty: not documented.
	Authorized string
	Page       string
}

// InterfaceAction is an EC2 action that the role needs.
type InterfaceAction struct {
	Name      string
	Resources []string // types that it is checked against; none: "*"
	// Optional: jobs are known, or may be expected, to run without it.
	Optional bool
}

// Limit bounds a list of ids.
type Limit struct {
	Min, Max int // Max 0: not documented
	Zones    int // at least so many Availability Zones
	// Default: with none listed, the VPC's default security group is used.
	Default bool
}

// DHCP is what a service makes of an incomplete DHCP option set.
type DHCP int

// The zero value asks nothing.
const (
	DHCPIgnored DHCP = iota
	DHCPWarns
	DHCPRefused
)

// Public is whether an interface gets a public IPv4 address.
type Public int

// The zero value: never.
const (
	NeverPublic    Public = iota
	PublicAsAsked         // where the description says so (assignPublicIp)
	PublicBySubnet        // where the subnet says so (MapPublicIpOnLaunch)
)

// Session is the name of the role session as which a job calls.
type Session struct {
	Name string // fixed; empty: not fixed, or not known
	Form string // in words
	Seen bool   // seen in error messages, not documented
}

// From is where a call leaves from.
type From int

// Where calls leave from.
const (
	FromInterface    From = iota + 1 // the job's own interface in the VPC
	FromService                      // AWS's network, outside of the VPC
	FromHost                         // the instance or node that runs it: its own interface and groups
	FromUndocumented                 // AWS does not say
)

// Signer is who signs a call.
type Signer int

// Who signs calls.
const (
	SignedByRole          Signer = iota + 1 // the job's role
	SignedByExecutionRole                   // the role that starts it (executionRoleArn)
	SignedByService                         // the service, or its service-linked role
	SignedByHost                            // the instance's or the node's role
	Presigned                               // nobody in the VPC: a presigned URL that the service hands out
	Unsigned
)

// On is the part of a job that a call is for.
type On int

// What calls are for. A call On one of these is made for each that the job names.
const (
	Always On = iota + 1
	OnInput
	OnOutput
	OnCode
	OnImage // an image in a private Amazon ECR registry
	OnLogGroup
	OnSecret
	OnParameter
	OnVolumeKey
	OnObjectKey
	OnCatalog
	OnQueue
)

// Call is one call that a job makes, or that is made for it.
type Call struct {
	To      string // the service's word: "s3", "ecr.api", "sts"
	Actions []string
	On      On
	From    From
	By      Signer
	// Optional: it works without, but for what For says.
	Optional bool
	For      string
	Page     string
}

// All lists every workload, by service.
func All() []Workload {
	return slices.Concat(sageMaker, containers, compute, analytics)
}

// Find returns the workload of a job's kind.
func Find(kind string) (Workload, bool) {
	for _, list := range [...][]Workload{sageMaker, containers, compute, analytics} {
		for i := range list {
			if list[i].Kind == kind {
				return list[i], true
			}
		}
	}
	return Workload{}, false
}

// Named finds a workload by --service: a service stands for its first row,
// SERVICE/KIND for one of the others.
func Named(word string) (Workload, bool) {
	for _, w := range All() {
		if w.Service == word || w.Service+"/"+w.Kind == word {
			return w, true
		}
	}
	return Workload{}, false
}

// Words lists what Named takes.
func Words() []string {
	var out []string
	for _, w := range All() {
		if !slices.Contains(out, w.Service) {
			out = append(out, w.Service)
		}
	}
	for _, w := range All() {
		if first, _ := Named(w.Service); first.Kind != w.Kind {
			out = append(out, w.Service+"/"+w.Kind)
		}
	}
	return out
}
