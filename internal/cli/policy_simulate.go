package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/evaljson"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
)

// schemaEval names the JSON contract of policy eval with flags.
const schemaEval = "canreach.policy-eval/v1"

// simulation is the question that the flags of policy eval ask.
type simulation struct {
	principal, session, account string
	actions, resources          []string
	context, unknown            []string

	files map[string]string // by the place in a line

	identity, sessions, scps, rcps               []string // files
	boundary, bucket, resource, endpoint, access string
	endpointType, output                         string
}

func (s *simulation) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.principal, "principal", "", "who asks: an `ARN`, an account id, or anonymous")
	f.StringVar(&s.session, "session", "", "`name` of the role session")
	f.StringArrayVar(&s.actions, "action", nil, "what is asked, e.g. s3:GetObject (may be repeated)")
	f.StringArrayVar(&s.resources, "resource", nil, "`ARN` that is asked for (may be repeated; default *)")
	f.StringVar(&s.account, "resource-account", "", "`account` that owns the resource")
	f.StringArrayVar(&s.context, "context", nil, "condition `KEY=VALUE` of the request (may be repeated); keys not given are absent")
	f.StringArrayVar(&s.unknown, "unknown", nil, "condition `key` whose value is not known (may be repeated)")
	f.StringArrayVar(&s.identity, "policy", nil, "identity-based policy `file` (may be repeated)")
	f.StringVar(&s.boundary, "boundary", "", "permissions boundary `file`")
	f.StringArrayVar(&s.sessions, "session-policy", nil, "session policy `file` (may be repeated)")
	f.StringArrayVar(&s.scps, "scp", nil, "service control policy `files` of one level, separated by commas (repeat from the root down)")
	f.StringArrayVar(&s.rcps, "rcp", nil, "resource control policy `files`, as --scp")
	f.StringVar(&s.bucket, "bucket-policy", "", "bucket policy `file`, for S3 actions")
	f.StringVar(&s.resource, "resource-policy", "", "key, trust or other resource-based policy `file`, for other services' actions")
	f.StringVar(&s.access, "access-point-policy", "", "S3 access point policy `file`")
	f.StringVar(&s.endpoint, "endpoint-policy", "", "VPC endpoint policy `file`")
	f.StringVar(&s.endpointType, "endpoint-type", "", "what the endpoint policy is on: gateway or interface")
	_ = f.SetAnnotation("endpoint-type", annotationValues, []string{"gateway", "interface"})
	formatFlag(f, &s.output, "text", "json")
}

// simulationFlags are those of which any one asks for a table.
var simulationFlags = []string{
	"principal", "session", "action", "resource", "resource-account", "context", "unknown", "policy", "boundary", "session-policy",
	"scp", "rcp", "bucket-policy", "resource-policy", "access-point-policy", "endpoint-policy", "endpoint-type", "output",
}

func asksSimulation(cmd *cobra.Command) bool {
	return slices.ContainsFunc(simulationFlags, cmd.Flags().Changed)
}

// evalResult is the decision about one action on one resource.
type evalResult struct {
	Action       string      `json:"action"`
	Resource     string      `json:"resource"`
	Decision     string      `json:"decision"`
	DecidedBy    *evalLayer  `json:"decidedBy,omitempty"`
	Layers       []evalLayer `json:"layers"`
	UnknownKeys  []string    `json:"unknownKeys"`
	UnknownFacts []string    `json:"unknownFacts,omitempty"`
	Assumptions  []string    `json:"assumptions,omitempty"`
	Error        *evalError  `json:"error,omitempty"`
}

type evalError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Pointer string `json:"pointer"`
}

type evalLayer struct {
	Layer      string          `json:"layer"`
	Decision   string          `json:"decision"`
	Statements []evalStatement `json:"statements"`
	Level      *int            `json:"level,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Near       []evalNear      `json:"near,omitempty"`
}

type evalStatement struct {
	Policy string `json:"policy"`
	Index  int    `json:"index"`
	Sid    string `json:"sid"`
}

type evalNear struct {
	evalStatement
	Part   string `json:"part"`
	Detail string `json:"detail"`
}

// run decides every action on every resource.
func (s *simulation) run(env *Env, assume map[string]policy.Value) error {
	if err := s.check(); err != nil {
		return err
	}
	lines, questions, err := s.lines(env)
	if err != nil {
		return err
	}
	var answers bytes.Buffer
	if _, err := evaljson.Run(lines, &answers, evalWorkers, evaljson.Options{Assume: assume, Explain: true}); err != nil {
		return err
	}
	status := ExitHolds
	decoder := json.NewDecoder(&answers)
	for i := range questions {
		q := &questions[i]
		if err := decoder.Decode(q); err != nil {
			return err
		}
		if e := q.Error; e != nil {
			if file, pointer := s.fileOf(q.Action, e.Pointer); file != "" {
				return fmt.Errorf("%s: %s at %s: %s", file, e.Code, cmp.Or(pointer, "/"), e.Message)
			}
			return errors.New(e.Message)
		}
		s.name(q)
		q.DecidedBy = q.decisive()
		switch {
		case q.Decision == "DENY":
			status = ExitViolated
		case q.Decision == "UNKNOWN" && status == ExitHolds:
			status = ExitUnknown
		}
	}
	if s.output == "json" {
		err = writeJSON(env.Stdout, struct {
			Schema    string       `json:"schema"`
			Principal string       `json:"principal"`
			Results   []evalResult `json:"results"`
		}{schemaEval, s.principal, questions})
	} else {
		err = writeEvalTable(env, questions)
	}
	if err != nil || status == ExitHolds {
		return err
	}
	return exit(status)
}

func (s *simulation) check() error {
	if s.principal == "" {
		return withHint(errors.New("--principal is missing"), "write e.g. --principal arn:aws:iam::111122223333:role/Training")
	}
	if len(s.actions) == 0 {
		return withHint(errors.New("--action is missing"), "write e.g. --action s3:GetObject")
	}
	for _, a := range s.actions {
		if err := checkAction(a); err != nil {
			return err
		}
	}
	return nil
}

// checkAction refuses what is no action of AWS.
func checkAction(action string) error {
	prefix, name, ok := strings.Cut(action, ":")
	if !ok || name == "" || strings.ContainsAny(action, "*?") {
		return withHint(fmt.Errorf("--action %q: want one action of a service", action), "write e.g. --action s3:GetObject")
	}
	service, ok := sar.FindService(prefix)
	if !ok {
		var prefixes []string
		for _, s := range sar.Services() {
			prefixes = append(prefixes, s.Prefix)
		}
		return withHint(fmt.Errorf("--action %q: no service has the prefix %s (Service Authorization Reference of %s)", action, prefix, sar.Date()), didYouMean(strings.ToLower(prefix), prefixes))
	}
	if _, ok := service.FindAction(name); ok {
		return nil
	}
	hint := ""
	if use, ok := policy.AuthorizedAs(action); ok {
		hint = "the API operation is authorized as " + use
	} else {
		var names []string
		for _, a := range service.Actions {
			names = append(names, service.Prefix+":"+a.Name)
		}
		hint = didYouMean(service.Prefix+":"+name, names)
	}
	return withHint(fmt.Errorf("--action %q: %s has no such action (Service Authorization Reference of %s)", action, service.Prefix, sar.Date()), hint)
}

// lines writes the questions as lines of the stream.
func (s *simulation) lines(env *Env) (io.Reader, []evalResult, error) {
	line, bucket, other, err := s.policies(env)
	if err != nil {
		return nil, nil, err
	}
	context, err := parseConditions("--context", s.context)
	if err != nil {
		return nil, nil, err
	}
	keys := map[string]any{}
	for k, v := range context {
		switch {
		case v.State != policy.KeyKnown:
		case v.Multi:
			keys[k] = v.Values
		default:
			keys[k] = v.Values[0]
		}
	}
	resources := s.resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var text bytes.Buffer
	var questions []evalResult
	e := json.NewEncoder(&text)
	for _, action := range s.actions {
		line["resourcePolicy"] = other
		if bucketAction(action) {
			line["resourcePolicy"] = bucket
		}
		for _, resource := range resources {
			request := map[string]any{"principal": s.principal, "action": action, "resource": resource, "context": keys, "unknown": s.unknown}
			if s.session != "" {
				request["session"] = s.session
			}
			if s.account != "" {
				request["resourceAccount"] = s.account
			}
			line["request"] = request
			if err := e.Encode(line); err != nil {
				return nil, nil, err
			}
			questions = append(questions, evalResult{Action: action, Resource: resource})
		}
	}
	return &text, questions, nil
}

// namedPolicy is a policy of a list, as the stream reads it.
type namedPolicy struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

// policies reads the files into the members of a line; the resource's policy
// depends on the action.
func (s *simulation) policies(env *Env) (line map[string]any, bucket, other any, err error) {
	s.files = map[string]string{}
	read := func(file, place string) string {
		if err != nil {
			return ""
		}
		var text []byte
		text, err = onePolicy(env, file)
		s.files[place] = file
		return string(text)
	}
	one := func(file, place string) any {
		if file == "" {
			return nil
		}
		return read(file, place)
	}
	list := func(files []string, place string) (out []namedPolicy) {
		for i, f := range files {
			out = append(out, namedPolicy{f, read(f, place+"/"+strconv.Itoa(i))})
		}
		return out
	}
	levels := func(files []string, place string) (out [][]namedPolicy) {
		for i, f := range files {
			out = append(out, list(strings.Split(f, ","), place+"/"+strconv.Itoa(i)))
		}
		return out
	}
	line = map[string]any{
		"identityPolicies":        list(s.identity, "identityPolicies"),
		"permissionsBoundary":     one(s.boundary, "permissionsBoundary"),
		"sessionPolicies":         list(s.sessions, "sessionPolicies"),
		"serviceControlPolicies":  levels(s.scps, "serviceControlPolicies"),
		"resourceControlPolicies": levels(s.rcps, "resourceControlPolicies"),
		"endpointPolicy":          one(s.endpoint, "endpointPolicy"),
		"accessPointPolicy":       one(s.access, "accessPointPolicy"),
	}
	if s.endpointType != "" {
		line["endpointType"] = s.endpointType
	}
	// One of the two is the line's resource policy.
	bucket, other = one(s.bucket, "resourcePolicy"), one(s.resource, "resourcePolicy")
	return line, bucket, other, err
}

// resourceFile is the file of the resource's policy.
func (s *simulation) resourceFile(action string) string {
	if bucketAction(action) {
		return s.bucket
	}
	return s.resource
}

// bucketAction tells the actions that bucket policies decide about.
func bucketAction(action string) bool {
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	return service == "s3" || service == "s3express" || service == "s3-object-lambda"
}

// fileOf finds the file of a place in a line, and the rest of the pointer.
func (s *simulation) fileOf(action, place string) (file, rest string) {
	place = strings.TrimPrefix(place, "/")
	for _, known := range slices.Backward(slices.Sorted(maps.Keys(s.files))) {
		if rest, ok := strings.CutPrefix(place, known); ok && (rest == "" || rest[0] == '/') {
			file := s.files[known]
			if known == "resourcePolicy" {
				file = s.resourceFile(action)
			}
			return file, strings.TrimPrefix(rest, "/document")
		}
	}
	return "", place
}

// name writes the files of one-document layers where the stream writes the
// places.
func (s *simulation) name(q *evalResult) {
	for i := range q.Layers {
		l := &q.Layers[i]
		for j := range l.Statements {
			s.nameOne(q.Action, &l.Statements[j])
		}
		for j := range l.Near {
			s.nameOne(q.Action, &l.Near[j].evalStatement)
		}
	}
}

func (s *simulation) nameOne(action string, st *evalStatement) {
	if file, _ := s.fileOf(action, st.Policy); file != "" {
		st.Policy = file
	}
}

// decisive is the layer that decided: the one that denies, else the one that
// leaves the answer unknown, else the one that grants.
func (q *evalResult) decisive() *evalLayer {
	outcomes := map[string][]string{"DENY": {"explicitDeny", "implicitDeny"}, "UNKNOWN": {"unknown"}, "ALLOW": {"allow"}}[q.Decision]
	guardrails := []string{policy.LayerEndpoint, policy.LayerBoundary, policy.LayerSession, policy.LayerSCP, policy.LayerRCP}
	for _, outcome := range outcomes {
		for i := range q.Layers {
			l := &q.Layers[i]
			if l.Decision == outcome && (outcome != "allow" || !slices.Contains(guardrails, l.Layer)) {
				return l
			}
		}
	}
	return nil
}
