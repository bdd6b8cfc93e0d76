package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/canreach/canreach/rules/policy"
)

// policyText is a policy document as a file holds it.
type policyText struct {
	text    []byte      // a JSON object, or a string that holds one
	pointer string      // of the document in its file
	kind    policy.Kind // as far as the wrapping tells
	known   bool        // the wrapping tells the kind
}

// policyHolders are the places of documents in what AWS's CLI prints: get-role,
// get-policy-version, get-role-policy, get-bucket-policy and get-key-policy.
var policyHolders = []struct {
	path []string
	kind policy.Kind
}{
	{[]string{"PolicyVersion", "Document"}, policy.KindIdentity},
	{[]string{"PolicyDocument"}, policy.KindIdentity},
	{[]string{"Role", "AssumeRolePolicyDocument"}, policy.KindTrust},
}

// findPolicies finds the documents of a file: the file itself, or what the CLI
// prints around one.
func findPolicies(text []byte) []policyText {
	whole := []policyText{{text: text}}
	var top map[string]json.RawMessage
	if json.Unmarshal(text, &top) != nil || top["Statement"] != nil {
		return whole
	}
	for _, h := range policyHolders {
		at, pointer := json.RawMessage(text), ""
		for _, key := range h.path {
			var object map[string]json.RawMessage
			if json.Unmarshal(at, &object) != nil {
				object = nil
			}
			at = object[key]
			pointer += "/" + key
		}
		if at != nil {
			return []policyText{{at, pointer, h.kind, true}}
		}
	}
	if p := top["Policy"]; p != nil {
		kind := policy.KindBucket
		if top["PolicyName"] != nil {
			kind = policy.KindKey
		}
		return []policyText{{p, "/Policy", kind, true}}
	}
	return endpointPolicies(top["VpcEndpoints"], whole)
}

// endpointPolicies are those of describe-vpc-endpoints.
func endpointPolicies(list json.RawMessage, none []policyText) []policyText {
	var endpoints []struct{ PolicyDocument json.RawMessage }
	if json.Unmarshal(list, &endpoints) != nil {
		return none
	}
	var out []policyText
	for i, e := range endpoints {
		if e.PolicyDocument != nil {
			out = append(out, policyText{e.PolicyDocument, "/VpcEndpoints/" + strconv.Itoa(i) + "/PolicyDocument", policy.KindEndpoint, true})
		}
	}
	if len(out) == 0 {
		return none
	}
	return out
}

// onePolicy reads the one document of a file.
func onePolicy(env *Env, name string) ([]byte, error) {
	text, err := readInput(env, name, policyBytes)
	if err != nil {
		return nil, err
	}
	found := findPolicies(text)
	if len(found) > 1 {
		return nil, withHint(fmt.Errorf("%s holds %d policies", name, len(found)), "give one policy a file")
	}
	return bytes.TrimSpace(found[0].text), nil
}
