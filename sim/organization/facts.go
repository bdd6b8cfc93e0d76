package organization

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// The kinds of rows. Facts are what phase 2 reads; the others are for people.
const (
	kindAccount    = "account-facts"
	kindRegion     = "region-facts"
	kindRoles      = "roles"
	kindBuckets    = "buckets"
	kindInterfaces = "interfaces"
	kindAccess     = "access"
)

// accountFacts is what phase 2 needs of an account whose roles ask, or whose
// keys buckets use.
type accountFacts struct {
	Kind    string            `json:"kind"`
	Account string            `json:"account"`
	Head    members           `json:"head"`
	Gaps    []json.RawMessage `json:"gaps,omitempty"`
	IAM     members           `json:"iam,omitempty"` // without the roles
	Roles   []roleClass       `json:"roles,omitempty"`
	KMS     json.RawMessage   `json:"kms,omitempty"`
	// Reach are the buckets that some role's policy may allow something of:
	// names, or beginnings of names that end in "*".
	Reach []string `json:"reach,omitempty"`
}

// roleClass is roles that differ in nothing but what they are called.
type roleClass struct {
	Same  members   `json:"same"`
	Names []members `json:"names"`
}

// bucketRow is one bucket.
type bucketRow struct {
	Kind    string `json:"kind"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Bucket  string `json:"bucket"`
	Class   string `json:"class"` // equal for buckets that differ in their names alone
	// Lets are the other accounts that the bucket may let in; "*" is any.
	Lets []string `json:"lets,omitempty"`
	Keys []string `json:"keys,omitempty"` // other accounts whose keys encrypt it
}

// roleRow is one class of roles.
type roleRow struct {
	Kind    string   `json:"kind"`
	Account string   `json:"account"`
	Class   string   `json:"class"`
	Roles   []string `json:"roles"`
}

// interfaceRow is one class of interfaces.
type interfaceRow struct {
	Kind      string            `json:"kind"`
	Account   string            `json:"account"`
	Region    string            `json:"region"`
	VPC       string            `json:"vpc"`
	Subnet    string            `json:"subnet"`
	Groups    []string          `json:"groups"`
	Public    bool              `json:"public"`
	Count     int               `json:"count"`
	Interface string            `json:"interface,omitempty"` // one of them
	Users     []string          `json:"users,omitempty"`
	Network   map[string]string `json:"network"` // the verdict on the path to S3, by Region
}

// regionFacts is what phase 2 needs of the interfaces of an account's Region.
type regionFacts struct {
	Kind     string          `json:"kind"`
	Account  string          `json:"account"`
	Region   string          `json:"region"`
	Parts    []part          `json:"parts"`
	Answers  []network.Given `json:"answers"`
	Names    bool            `json:"names,omitempty"`
	ByBucket bool            `json:"byBucket,omitempty"`
}

// part is what is kept of an account's Region.
type part struct {
	Account string                       `json:"account"`
	Head    members                      `json:"head"`
	Region  string                       `json:"region"`
	EC2     map[string][]json.RawMessage `json:"ec2"`
	Rest    members                      `json:"rest,omitempty"` // jobs and functions
	Gaps    []json.RawMessage            `json:"gaps,omitempty"`
}

// identity are the members of a role that tell it from others of its class.
var identity = []string{"Arn", "CreateDate", "InstanceProfileList", "Path", "RoleId", "RoleLastUsed", "RoleName"}

// roleClasses takes the roles out of an account's IAM.
func roleClasses(iam members) ([]roleClass, error) {
	var list []members
	if iam["RoleDetailList"] == nil {
		return nil, nil
	}
	if err := json.Unmarshal(iam["RoleDetailList"], &list); err != nil {
		return nil, fmt.Errorf("iam: RoleDetailList: %w", err)
	}
	index := map[string]int{}
	var out []roleClass
	for _, role := range list {
		names := members{}
		for _, key := range identity {
			if v, ok := role[key]; ok {
				names[key] = v
				delete(role, key)
			}
		}
		text, err := json.Marshal(role)
		if err != nil {
			return nil, err
		}
		n, known := index[string(text)]
		if !known {
			n = len(out)
			index[string(text)] = n
			out = append(out, roleClass{Same: role})
		}
		out[n].Names = append(out[n].Names, names)
	}
	return out, nil
}

// id names the class by what its roles have in common.
func (c *roleClass) id() string {
	text, err := json.Marshal(c.Same)
	if err != nil {
		panic("unreachable: " + err.Error()) // it was decoded
	}
	return digest(text)
}

// arns are the class's roles.
func (c *roleClass) arns() []string {
	var out []string
	for _, names := range c.Names {
		var arn string
		if json.Unmarshal(names["Arn"], &arn) == nil && arn != "" {
			out = append(out, arn)
		}
	}
	slices.Sort(out)
	return out
}

// whole is the account's IAM with every role again.
func (f *accountFacts) whole() (json.RawMessage, error) {
	if f.IAM == nil {
		return nil, nil
	}
	iam := maps.Clone(f.IAM)
	list := []members{}
	for i := range f.Roles {
		for _, names := range f.Roles[i].Names {
			role := maps.Clone(f.Roles[i].Same)
			maps.Copy(role, names)
			list = append(list, role)
		}
	}
	slices.SortFunc(list, func(a, b members) int { return bytes.Compare(a["Arn"], b["Arn"]) })
	if f.Roles != nil {
		text, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		iam["RoleDetailList"] = text
	}
	return json.Marshal(iam)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// bucketClasses are the classes of an account's buckets, by name.
func bucketClasses(s3 json.RawMessage) (map[string]string, error) {
	if s3 == nil {
		return nil, nil
	}
	var doc struct {
		Buckets []members `json:"buckets"`
	}
	if err := json.Unmarshal(s3, &doc); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	out := map[string]string{}
	for _, b := range doc.Buckets {
		var name string
		if json.Unmarshal(b["Name"], &name) != nil || name == "" {
			continue
		}
		delete(b, "Name")
		delete(b, "CreationDate")
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		out[name] = digest(bytes.ReplaceAll(text, []byte(name), []byte("\x00")))
	}
	return out, nil
}

// lines writes rows as JSON lines.
func lines[T any](b *bytes.Buffer, rows ...T) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range rows {
		if err := e.Encode(rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// used are the ids that the answers to an account's Region hang on.
type used struct {
	vpcs       map[snapshot.VPCID]bool
	subnets    map[snapshot.SubnetID]bool
	groups     map[snapshot.SecurityGroupID]bool
	endpoints  map[snapshot.VPCEndpointID]bool
	interfaces map[snapshot.NetworkInterfaceID]bool
	options    map[string]bool // DHCP
}

func newUsed() *used {
	return &used{map[snapshot.VPCID]bool{}, map[snapshot.SubnetID]bool{}, map[snapshot.SecurityGroupID]bool{}, map[snapshot.VPCEndpointID]bool{}, map[snapshot.NetworkInterfaceID]bool{}, map[string]bool{}}
}

// kept tells for each EC2 collection that the policy half reads which items to keep.
func (u *used) kept() map[string]func(*ids) bool {
	return map[string]func(*ids) bool{
		"Vpcs":                         func(v *ids) bool { return u.vpcs[v.VpcID] },
		"Subnets":                      func(v *ids) bool { return u.subnets[v.SubnetID] },
		"SecurityGroups":               func(v *ids) bool { return u.groups[v.GroupID] },
		"SecurityGroupVpcAssociations": func(v *ids) bool { return u.groups[v.GroupID] },
		"NetworkInterfaces":            func(v *ids) bool { return u.interfaces[v.NetworkInterfaceID] },
		"VpcEndpoints":                 func(v *ids) bool { return u.endpoints[v.VpcEndpointID] },
		"DhcpOptions":                  func(v *ids) bool { return u.options[v.DhcpOptionsID] },
	}
}

// ids are the members that name an EC2 resource.
type ids struct {
	VpcID              snapshot.VPCID              `json:"VpcId"`
	SubnetID           snapshot.SubnetID           `json:"SubnetId"`
	GroupID            snapshot.SecurityGroupID    `json:"GroupId"`
	NetworkInterfaceID snapshot.NetworkInterfaceID `json:"NetworkInterfaceId"`
	VpcEndpointID      snapshot.VPCEndpointID      `json:"VpcEndpointId"`
	DhcpOptionsID      string                      `json:"DhcpOptionsId"`
}

// reduce keeps of a Region what is used.
func (u *used) reduce(region members) (map[string][]json.RawMessage, error) {
	var ec2 members
	if region["ec2"] != nil {
		if err := json.Unmarshal(region["ec2"], &ec2); err != nil {
			return nil, fmt.Errorf("ec2: %w", err)
		}
	}
	out := map[string][]json.RawMessage{}
	for key, keep := range u.kept() {
		if ec2[key] == nil {
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(ec2[key], &items); err != nil {
			return nil, fmt.Errorf("ec2: %s: %w", key, err)
		}
		out[key] = []json.RawMessage{}
		for _, item := range items {
			var v ids
			if json.Unmarshal(item, &v) == nil && keep(&v) {
				out[key] = append(out[key], item)
			}
		}
	}
	return out, nil
}
