package snapshot

import (
	"bytes"

	"github.com/canreach/canreach/internal/jsontree"
)

// secretMembers are members of AWS's answers that people put credentials into,
// or that AWS does: environments, hyperparameters and arguments of jobs and
// functions, user data, and the shared keys of VPN tunnels. No question needs them.
var secretMembers = [][]byte{
	[]byte("Environment"), []byte("EnvironmentVariables"), []byte("HyperParameters"), []byte("StaticHyperParameters"), []byte("ContainerArguments"),
	[]byte("ContainerEntrypoint"), []byte("RuleParameters"), []byte("HookParameters"), []byte("CollectionParameters"),
	[]byte("UserData"), []byte("CustomerGatewayConfiguration"), []byte("PreSharedKey"),
}

// WithoutSecrets returns JSON of AWS's answers, or a snapshot in the native
// form, without the members that hold credentials. Pointers to what is left
// stay as they are. A text that is not JSON is returned as it is.
func WithoutSecrets(text []byte) []byte {
	found := false
	for _, m := range secretMembers {
		found = found || hasMember(text, m)
	}
	if !found {
		return text
	}
	tree, err := jsontree.Parse(text)
	if err != nil || !dropSecrets(tree.Root) {
		return text
	}
	return tree.Bytes()
}

// hasMember tells whether some object of a JSON text may have a member of this name.
func hasMember(text, name []byte) bool {
	quoted := append(append([]byte{'"'}, name...), '"')
	for {
		i := bytes.Index(text, quoted)
		if i < 0 {
			return false
		}
		text = text[i+len(quoted):]
		if rest := bytes.TrimLeft(text[:min(len(text), 64)], " \t\r\n"); len(rest) == 0 || rest[0] == ':' {
			return true
		}
	}
}

// dropSecrets tells whether anything was removed.
func dropSecrets(n *jsontree.Node) bool {
	changed := false
	if n.Kind() == jsontree.Object {
		for _, m := range secretMembers {
			for n.Delete(string(m)) {
				changed = true
			}
		}
	}
	if n.Kind() != jsontree.Object && n.Kind() != jsontree.Array {
		return changed
	}
	for i := range n.Len() {
		if n.Kind() == jsontree.Object && n.Key(i) == "Tags" {
			continue // a map of tags may have one of these names
		}
		changed = dropSecrets(n.At(i)) || changed
	}
	return changed
}
