package snapshot

import (
	"path"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// hints are the accounts and regions that a file's content tells of.
type hints struct{ accounts, regions map[string]bool }

func (h *hints) account(id string) {
	if !isAccountID(id) {
		return
	}
	if h.accounts == nil {
		h.accounts = map[string]bool{}
	}
	h.accounts[id] = true
}

func (h *hints) region(name string) {
	if !isRegion(name) {
		return
	}
	if h.regions == nil {
		h.regions = map[string]bool{}
	}
	h.regions[name] = true
}

// only returns the one member of a set, or "".
func only(set map[string]bool) string {
	if len(set) == 1 {
		for k := range set {
			return k
		}
	}
	return ""
}

// ownARNs are the members that hold the ARN of the resource itself.
var ownARNs = map[string]bool{
	"SubnetArn": true, "SecurityGroupArn": true, "NetworkInterfaceArn": true, "TransitGatewayArn": true, "PrefixListArn": true,
	"CompilationJobArn": true, "TrainingJobArn": true, "ProcessingJobArn": true, "TransformJobArn": true, "ModelArn": true,
	"NotebookInstanceArn": true, "DomainArn": true, "FunctionArn": true, "AccessPointArn": true, "KeyArn": true, "AliasArn": true,
	"VpcArn": true, "RouteTableArn": true, "NetworkAclArn": true, "Arn": true, "ResolverRuleArn": true,
}

// readHints looks at the items of the top-level arrays and at the top-level
// object itself. Only members of the resource itself count: a peering's other
// side, or a rule's reference, tells nothing of where the resource is.
func (f *cliFile) readHints() {
	if _, org := f.below("organizations"); org {
		return
	}
	s := jsonscan.New(f.data)
	if s.Peek() != jsonscan.Object {
		return
	}
	f.hintObject(s, 0)
}

func (f *cliFile) hintObject(s *jsonscan.Scanner, depth int) {
	for ok := s.EnterObject(); ok && s.NextKey(); {
		key := s.Key()
		switch s.Peek() {
		case jsonscan.String:
			f.hintMember(key, s.Text())
		case jsonscan.Array:
			if depth == 0 || key == "Instances" {
				for ok := s.EnterArray(); ok && s.NextItem(); {
					if s.Peek() == jsonscan.Object {
						f.hintObject(s, depth+1)
					} else {
						s.Skip()
					}
				}
				continue
			}
			s.Skip()
		case jsonscan.Object:
			if depth == 0 && key != "Organization" || key == "Placement" {
				f.hintObject(s, depth+1)
				continue
			}
			s.Skip()
		default:
			s.Skip()
		}
	}
}

func (f *cliFile) hintMember(key, value string) {
	switch {
	case key == "OwnerId" || key == "AWSAccountId" || key == "AwsAccountId" || key == "Account":
		f.hints.account(value)
	case key == "AvailabilityZone" && len(value) > 1:
		f.hints.region(value[:len(value)-1])
	case key == "AwsRegion":
		f.hints.region(value)
	case key == "ServiceName" || key == "PrefixListName":
		if rest, ok := strings.CutPrefix(value, "com.amazonaws."); ok {
			name, _, _ := strings.Cut(rest, ".")
			f.hints.region(name)
		}
	case ownARNs[key] && strings.HasPrefix(value, "arn:"):
		if a, ok := parseARN(value); ok && a.service != "organizations" {
			f.hints.account(a.account)
			f.hints.region(a.region)
		}
	}
}

// placePath takes what the path tells: the deepest account and region on it.
func (f *cliFile) placePath() {
	for _, p := range f.parts() {
		if isAccountID(p) {
			f.account = p
		}
		if isRegion(p) {
			f.region = p
		}
	}
}

// places answers where a file belongs that does not tell by itself: where all
// files of its folder that tell agree, or else those of the folder above.
type places struct {
	accounts, regions map[string]map[string]bool // by folder
	callers           map[string]map[string]bool // accounts of sts get-caller-identity, by folder
}

func newPlaces(files []*cliFile) places {
	p := places{map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}}
	note := func(by map[string]map[string]bool, dir, value string) {
		for value != "" {
			if by[dir] == nil {
				by[dir] = map[string]bool{}
			}
			by[dir][value] = true
			if dir == "." || dir == "/" {
				return
			}
			dir = path.Dir(dir)
		}
	}
	for _, f := range files {
		account, region := f.account, f.region
		if account == "" {
			account = only(f.hints.accounts)
		}
		if region == "" {
			region = only(f.hints.regions)
		}
		note(p.accounts, f.dir, account)
		if f.has("UserId") && isAccountID(f.text("Account")) {
			note(p.callers, f.dir, f.text("Account"))
		}
		note(p.regions, f.dir, region)
	}
	return p
}

func nearest(by map[string]map[string]bool, dir string) string {
	for {
		if set := by[dir]; len(set) > 0 {
			return only(set) // several: the folders above know no better
		}
		if dir == "." || dir == "/" {
			return ""
		}
		dir = path.Dir(dir)
	}
}

// place settles a file's account and region; empty where nothing tells.
func (p places) place(f *cliFile, opt Options) {
	if f.account == "" {
		f.account = firstText(only(f.hints.accounts), nearest(p.callers, f.dir), nearest(p.accounts, f.dir), opt.Account)
	}
	if f.region == "" {
		f.region = firstText(only(f.hints.regions), nearest(p.regions, f.dir), opt.Region)
	}
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
