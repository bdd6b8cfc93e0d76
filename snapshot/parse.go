package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/canreach/canreach/internal/jsonscan"
)

// SchemaV1 is the schema of the native form that this program reads.
const SchemaV1 = "canreach.snapshot/v1"

// Parse reads the native form. The snapshot keeps parts of native: the
// caller must not change it afterwards. The error joins every LoadError.
func Parse(native []byte) (*Snapshot, error) {
	sum := make(chan string, 1)
	go func() {
		h := sha256.Sum256(native)
		sum <- hex.EncodeToString(h[:])
	}()
	r := &reader{values: values{Scanner: jsonscan.New(native)}}
	s := &Snapshot{Size: len(native)}
	r.snapshot(s)
	if r.Err() == nil {
		r.End()
	}
	s.SHA256 = <-sum
	problems := r.loadErrors()
	for _, late := range r.late {
		problems = append(problems, late.locate(native))
	}
	if err := joined(problems); err != nil {
		return nil, err
	}
	s.Warnings = r.warnings
	s.applyGaps()
	s.applyMissing(r.missing)
	return s, nil
}

// lateProblem is a problem found after reading: its place is a pointer.
type lateProblem struct {
	at   Source
	text string
}

func (p lateProblem) locate(data []byte) *LoadError {
	e := &LoadError{At: p.at, Problem: p.text}
	if offset, ok := jsonscan.Find(data, p.at.Pointer()); ok {
		pos := jsonscan.Locate(data, offset)
		e.Line, e.Column = pos.Line, pos.Column
	}
	return e
}

func (r *reader) snapshot(s *Snapshot) {
	if r.Peek() != jsonscan.Object {
		if r.Peek() == jsonscan.None {
			r.Skip()
			return
		}
		r.problemAt(r.Offset(), "expected a snapshot, an object with the key \"schema\", found %s", r.Peek())
		r.Skip()
		return
	}
	var keys []string
	for ok := r.EnterObject(); ok && r.NextKey(); {
		keys = append(keys, short(r.Key()))
		switch r.Key() {
		case "schema":
			r.Peek()
			at := r.Offset()
			s.Schema = r.text()
			if s.Schema != SchemaV1 && s.Schema != "" {
				r.problemAt(at, "schema %q is unknown", short(s.Schema))
				r.hinted("this program reads " + SchemaV1)
			}
		case "capture":
			r.capture(&s.Capture)
		case "accounts":
			r.accounts(s)
		case "organizations":
			r.organizations(&s.Organizations)
		default:
			r.Skip()
		}
	}
	if s.Schema == "" && r.Err() == nil && len(r.problems) == 0 {
		slices.Sort(keys)
		r.problemAt(0, "not a canreach snapshot: it has no \"schema\"; its keys are %q", keys[:min(len(keys), 12)])
		r.hinted("canreach snapshot import reads a directory of AWS CLI outputs")
	}
}

func (r *reader) capture(v *Capture) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "startedAt":
			v.StartedAt = r.text()
		case "finishedAt":
			v.FinishedAt = r.text()
		case "tool":
			v.Tool = r.text()
		case "caller":
			v.Caller = r.text()
		case "gaps":
			for i, ok := 0, r.array(); ok && r.NextItem(); i++ {
				g := Gap{At: Source{"/capture/gaps", int32(i)}}
				r.gap(&g)
				v.Gaps = append(v.Gaps, g)
			}
		default:
			r.Skip()
		}
	}
}

func (r *reader) gap(g *Gap) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "account":
			g.Account = r.text()
		case "region":
			g.Region = r.text()
		case "service":
			g.Service = r.text()
		case "operation":
			g.Operation = r.text()
		case "resource":
			g.Resource = r.text()
		case "code":
			g.Code = r.text()
		case "message":
			g.Message = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) accounts(s *Snapshot) {
	seen := map[string]Source{}
	for i, ok := 0, r.array(); ok && r.NextItem(); i++ {
		a := &Account{At: Source{"/accounts", int32(i)}}
		r.Peek()
		at := r.Offset()
		if r.Peek() != jsonscan.Object {
			r.badItem()
			continue
		}
		known := len(r.missing)
		r.account(a)
		for _, m := range r.missing[known:] {
			m.gap.Account = a.ID
		}
		if r.Err() != nil {
			return
		}
		switch first, dup := seen[a.ID]; {
		case a.ID == "":
			r.problemAt(at, "this account has no accountId")
		case dup:
			r.problemAt(at, "duplicate account %s: here and at %s", a.ID, first.Pointer())
		}
		seen[a.ID] = a.At
		s.Accounts = append(s.Accounts, a)
	}
}

func (r *reader) account(a *Account) {
	// The id may stand behind what needs it: find it first.
	r.Peek()
	a.ID = memberText(r.Data()[r.Offset():], "accountId")
	base := a.At.Pointer()
	var zones Collection[PrivateZone]
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "accountId":
			r.Peek()
			at := r.Offset()
			if id := r.text(); id != "" && !isAccountID(id) {
				r.problemAt(at, "account id %q is not twelve digits", short(id))
			}
		case "organizationId":
			a.Organization = Collected // null: in no organization
			a.OrganizationID = r.text()
		case "organizationPath":
			a.OrganizationPath = readTexts[string](r)
		case "managementAccount":
			a.ManagementAccount = r.flag(a.At, "managementAccount")
		case "regions":
			r.regions(a)
		case "iam":
			r.iam(&a.IAM, base+"/iam")
		case "s3":
			r.s3(&a.S3, a, base+"/s3")
		case "kms":
			r.kms(&a.KMS, a.ID, "", base+"/kms")
		case "route53":
			r.route53(&zones, base+"/route53")
		default:
			r.Skip()
		}
	}
	if zones.Presence == Collected {
		for _, region := range a.Regions {
			appendTo(&region.Resolver.PrivateZones, zones)
		}
	}
}

func (r *reader) regions(a *Account) {
	base := r.child(a.At, "regions")
	seen := map[string]Source{}
	for i, ok := 0, r.array(); ok && r.NextItem(); i++ {
		v := &Region{At: Source{base, int32(i)}, Account: a}
		r.Peek()
		at := r.Offset()
		if r.Peek() != jsonscan.Object {
			r.badItem()
			continue
		}
		r.region(v)
		if r.Err() != nil {
			return
		}
		switch first, dup := seen[v.Name]; {
		case v.Name == "":
			r.problemAt(at, "this region has no name")
		case dup:
			r.problemAt(at, "duplicate region %q: here and at %s", short(v.Name), first.Pointer())
		}
		seen[v.Name] = v.At
		a.Regions = append(a.Regions, v)
	}
}

func (r *reader) region(v *Region) {
	base := v.At.Pointer()
	var complete []string
	var keys KMS
	parts := &regionReader{Region: v}
	known := len(r.missing)
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "region":
			v.Name = r.text()
		case "ec2", "lambda", "route53resolver", "route53profiles", "resources":
			service := r.Key()
			r.service(parts, service, base+"/"+service)
		case "sagemaker":
			r.sageMaker(&v.SageMaker, base+"/sagemaker")
		case "route53":
			r.route53(&v.Resolver.PrivateZones, base+"/route53")
		case "kms":
			r.kms(&keys, v.Account.ID, "", base+"/kms")
		case "complete":
			complete = readTexts[string](r)
		default:
			r.Skip()
		}
	}
	r.join(parts)
	for i := range keys.Keys.Items {
		fill(&keys.Keys.Items[i].Region, v.Name)
	}
	if keys.Keys.Presence == Collected {
		appendTo(&v.Account.KMS.Keys, keys.Keys)
	}
	if keys.Aliases.Presence == Collected {
		appendTo(&v.Account.KMS.Aliases, keys.Aliases)
	}
	v.setComplete(complete)
	for _, m := range r.missing[known:] {
		m.gap.Account, m.gap.Region = v.Account.ID, v.Name
	}
}
