package report

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// card is a station being put together, with the names and words of all ways
// that were merged into it.
type card struct {
	picture.Station
	gate  sim.Gate
	names []string
	texts [][]string // of each line
	likes map[like]int
	hop   bool // its mark is what the hop itself decided; others show their gate's state
	// What it was made of.
	places   []Place
	findings []int
	missing  []int
}

// like is what remarks that are told as one have in common.
type like struct {
	key, tag string
	mark     picture.Mark
}

func newStage(gate sim.Gate, icon picture.Icon, label, name string, mark picture.Mark) *card {
	return &card{
		Station: picture.Station{Icon: icon, Label: label, Mark: mark, Reply: picture.None},
		gate:    gate, names: []string{name},
	}
}

// decidedAt notes a place in the snapshot that decided.
func (s *card) decidedAt(pointer string) { s.decided(Place{pointer, -1}) }

func (s *card) decided(p Place) {
	if p.Pointer != "" {
		s.places = addNew(s.places, p)
	}
}

func (s *card) add(l picture.Line) {
	s.Lines = append(s.Lines, l)
	s.texts = append(s.texts, []string{l.Text})
}

// addLike adds l, or its text to that of the line with the same key.
func (s *card) addLike(key string, l picture.Line) {
	k := like{key, l.Tag, l.Mark}
	if i, ok := s.likes[k]; ok {
		s.texts[i] = addNew(s.texts[i], l.Text)
		return
	}
	if s.likes == nil {
		s.likes = map[like]int{}
	}
	s.likes[k] = len(s.Lines)
	s.add(l)
}

// sections is how many parts a picture has.
const sections = 3

// section is the index of the part of the picture that the stage lies in.
func (s *card) section() int {
	switch {
	case s.gate <= sim.GateEndpoint || s.gate >= sim.GateNACLIngress:
		return 0
	case s.gate <= sim.GateBucketPolicy:
		return 1
	}
	return 2
}

// draw returns the station with the words of all that were merged.
func (s *card) draw() picture.Station {
	st := s.Station
	st.Name, st.Full = brief(s.names), strings.Join(s.names, ", ")
	for i := range st.Lines {
		t := s.texts[i]
		st.Lines[i].Text, st.Lines[i].Full = t[0], strings.Join(t, " · ")
		if n := len(t) - 1; n > 0 {
			st.Lines[i].Text += fmt.Sprintf(" (and %d more)", n)
		}
	}
	return st
}

// brief names a few of several.
func brief(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return fmt.Sprintf("%s +%d more", names[0], n-1)
	}
}

// appearance is how a kind of component is shown.
type appearance struct {
	label string
	icon  picture.Icon
	gate  sim.Gate
}

// appearances are the kinds of hops that the network model names. Others are shown
// by the words of their kind.
var appearances = map[string]appearance{
	"job":                          {"Job", picture.IconJob, sim.GateJob},
	"network-interface":            {"Network interface", picture.IconInterface, sim.GateJob},
	"instance":                     {"Instance", picture.IconJob, sim.GateJob},
	"subnet":                       {"Subnet", picture.IconSubnet, sim.GateJob},
	"vpc":                          {"VPC", picture.IconSubnet, sim.GateJob},
	"dns":                          {"DNS", picture.IconName, sim.GateDNS},
	"security-group":               {"Security group", picture.IconShield, sim.GateSGEgress},
	"network-acl":                  {"Network ACL", picture.IconList, sim.GateNACLEgress},
	"route-table":                  {"Route table", picture.IconRoute, sim.GateRoute},
	"route":                        {"Route", picture.IconRoute, sim.GateRoute},
	"nat-gateway":                  {"NAT gateway", picture.IconGateway, sim.GateRoute},
	"internet-gateway":             {"Internet gateway", picture.IconGateway, sim.GateRoute},
	"egress-only-internet-gateway": {"Egress-only gateway", picture.IconGateway, sim.GateRoute},
	"vpn-gateway":                  {"VPN gateway", picture.IconGateway, sim.GateRoute},
	"transit-gateway":              {"Transit gateway", picture.IconGateway, sim.GateRoute},
	"transit-gateway-attachment":   {"Transit gateway attachment", picture.IconGateway, sim.GateRoute},
	"transit-gateway-route-table":  {"Transit gateway route table", picture.IconRoute, sim.GateRoute},
	"vpc-peering-connection":       {"VPC peering connection", picture.IconGateway, sim.GateRoute},
	"vpc-endpoint":                 {"VPC endpoint", picture.IconDoor, sim.GateEndpoint},
	"s3":                           {"S3 front door", picture.IconCloud, sim.GateEndpoint},
	"internet":                     {"Internet", picture.IconCloud, sim.GateEndpoint},
	"service":                      {"AWS service", picture.IconCloud, sim.GateEndpoint},
}

func lookOf(kind string) appearance {
	if l, ok := appearances[kind]; ok {
		return l
	}
	label := strings.ReplaceAll(kind, "-", " ")
	if label == "" {
		label = "component"
	}
	return appearance{strings.ToUpper(label[:1]) + label[1:], picture.IconDot, sim.GateRoute}
}

// layerLooks are the policy layers.
var layerLooks = map[string]appearance{
	"endpoint-policy":      {"Endpoint policy", picture.IconDocument, sim.GateEndpointPolicy},
	"role":                 {"Role's policies", picture.IconPerson, sim.GateRole},
	"permissions-boundary": {"Permissions boundary", picture.IconPerson, sim.GateRole},
	"session-policy":       {"Session policy", picture.IconPerson, sim.GateRole},
	"trust":                {"Role's trust policy", picture.IconPerson, sim.GateRole},
	"trust-policy":         {"Role's trust policy", picture.IconPerson, sim.GateResourcePolicy},
	"resource-policy":      {"Resource-based policy", picture.IconDocument, sim.GateResourcePolicy},
	"scp":                  {"Service control policies", picture.IconTree, sim.GateSCP},
	"rcp":                  {"Resource control policies", picture.IconTree, sim.GateRCP},
	"bucket-policy":        {"Bucket policy", picture.IconDocument, sim.GateBucketPolicy},
	"access-point":         {"Access point policy", picture.IconDocument, sim.GateBucketPolicy},
	"access-point-policy":  {"Access point policy", picture.IconDocument, sim.GateBucketPolicy},
	"block-public-access":  {"Block Public Access", picture.IconShield, sim.GateBucket},
	"public-access-block":  {"Block Public Access", picture.IconShield, sim.GateBucket},
	"kms":                  {"KMS key", picture.IconKey, sim.GateKMS},
	"key-policy":           {"KMS key policy", picture.IconKey, sim.GateKMS},
}

func layerLook(layer string) appearance {
	if l, ok := layerLooks[layer]; ok {
		return l
	}
	l := lookOf(layer)
	l.icon, l.gate = picture.IconDocument, sim.GateBucketPolicy
	return l
}

// gateLooks show a finding whose component is not on the way.
var gateLooks = [...]appearance{
	sim.GateJob:            {"Job's VpcConfig", picture.IconJob, sim.GateJob},
	sim.GateDNS:            {"DNS", picture.IconName, sim.GateDNS},
	sim.GateSGEgress:       {"Security group", picture.IconShield, sim.GateSGEgress},
	sim.GateNACLEgress:     {"Network ACL", picture.IconList, sim.GateNACLEgress},
	sim.GateRoute:          {"Route", picture.IconRoute, sim.GateRoute},
	sim.GateEndpoint:       {"VPC endpoint", picture.IconDoor, sim.GateEndpoint},
	sim.GateEndpointPolicy: {"Endpoint policy", picture.IconDocument, sim.GateEndpointPolicy},
	sim.GateRole:           {"Role", picture.IconPerson, sim.GateRole},
	sim.GateSCP:            {"Service control policies", picture.IconTree, sim.GateSCP},
	sim.GateRCP:            {"Resource control policies", picture.IconTree, sim.GateRCP},
	sim.GateBucketPolicy:   {"Bucket policy", picture.IconDocument, sim.GateBucketPolicy},
	sim.GateBucket:         {"S3 bucket", picture.IconBucket, sim.GateBucket},
	sim.GateResourcePolicy: {"Resource-based policy", picture.IconDocument, sim.GateResourcePolicy},
	sim.GateKMS:            {"KMS key", picture.IconKey, sim.GateKMS},
	sim.GateNACLIngress:    {"Network ACL", picture.IconList, sim.GateNACLEgress},
	sim.GateSGIngress:      {"Security group", picture.IconShield, sim.GateSGEgress},
}

// stateMark is the mark of a gate's state, and the picture's own where the
// state says only that some traffic passes.
func stateMark(state sim.GateStatus, own picture.Mark) picture.Mark {
	switch state {
	case sim.GatePasses:
		return picture.Pass
	case sim.GateStops:
		return picture.Stop
	case sim.GateNotReached:
		return picture.Unreached
	case sim.GateInPart:
		return own
	}
	return picture.Unknown
}

// decisionMark reads the word of a hop or a layer.
func decisionMark(word string) picture.Mark {
	switch word {
	case "permit", "allow", "":
		return picture.Pass
	case "deny", "explicitDeny", "implicitDeny":
		return picture.Stop
	case "partial":
		return picture.Partial
	}
	return picture.Unknown
}
