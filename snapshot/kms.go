package snapshot

// kms reads "kms" of an account or a region, adding to what v holds.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/kms/describe-key.html
func (r *reader) kms(v *KMS, account, region, base string) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Keys":
			var c Collection[Key]
			collect(r, &c, base+"/Keys", shape[Key]{func(r *reader, at Source, k *Key) {
				r.kmsKey(at, k)
				fill(&k.Account, account)
				fill(&k.Region, region)
			}, func(v *Key) string { return together(v.ARN, v.ID) }, "KeyId"})
			appendTo(&v.Keys, c)
		case "Aliases":
			var c Collection[KeyAlias]
			collect(r, &c, base+"/Aliases", shape[KeyAlias]{(*reader).keyAlias,
				func(v *KeyAlias) string { return together(v.ARN, v.Name) }, "AliasName"})
			appendTo(&v.Aliases, c)
		default:
			r.Skip()
		}
	}
}

// appendTo adds what another place tells of the same collection.
func appendTo[T any](into *Collection[T], more Collection[T]) {
	if into.Presence == NotCollected {
		*into = more
		return
	}
	into.Items = append(into.Items, more.Items...)
}

func (r *reader) kmsKey(at Source, v *Key) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "KeyMetadata":
			r.kmsKey(at, v)
		case "KeyId":
			v.ID = r.text()
		case "Arn", "KeyArn":
			fill(&v.ARN, r.text())
		case "AWSAccountId":
			v.Account = r.text()
		case "KeyManager":
			v.Manager = r.text()
		case "KeyState":
			v.State = r.text()
		case "Policy":
			v.Policy = r.document(at, "Policy")
		case "Grants":
			v.Grants, v.GrantsPresence = r.kmsGrants(r.child(at, "Grants"))
		default:
			r.Skip()
		}
	}
	v.At = at
	if a, ok := parseARN(v.ARN); ok {
		fill(&v.Region, a.region)
		fill(&v.Account, a.account)
	}
}

func (r *reader) kmsGrants(base string) ([]Grant, Presence) {
	if !r.array() {
		return nil, NotCollected
	}
	out := []Grant{}
	for i := 0; r.NextItem(); i++ {
		g := Grant{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "GrantId":
				g.ID = r.text()
			case "GranteePrincipal":
				g.Grantee = r.text()
			case "Operations":
				g.Operations = readTexts[string](r, nil)
			case "Constraints":
				for ok := r.object(); ok && r.NextKey(); {
					g.HasConstraints = true
					r.Skip()
				}
			default:
				r.Skip()
			}
		}
		out = append(out, g)
	}
	return out, Collected
}

func (r *reader) keyAlias(at Source, v *KeyAlias) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "AliasName":
			v.Name = r.text()
		case "AliasArn":
			v.ARN = r.text()
		case "TargetKeyId":
			v.Key = r.text()
		default:
			r.Skip()
		}
	}
}
