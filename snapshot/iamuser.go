package snapshot

import "slices"

// User is one of UserDetailList.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html
type User struct {
	At               Source
	ARN              string           `aws:"Arn"`
	Name             string           `aws:"UserName"`
	ID               string           `aws:"UserId"` // "AIDA…"
	Path             string           `aws:"Path"`
	Tags             []Tag            `aws:"Tags"`
	TagsKnown        bool             `known:"Tags"`
	Inline           []NamedDocument  `aws:"UserPolicyList"`
	InlinePresence   Presence         `known:"UserPolicyList"`
	Attached         []AttachedPolicy `aws:"AttachedManagedPolicies"`
	AttachedPresence Presence         `known:"AttachedManagedPolicies"`
	Groups           []string         `aws:"GroupList"` // names
	GroupsKnown      bool             `known:"GroupList"`
	boundary         Role             // its permissions boundary alone
}

// Group is one of GroupDetailList.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GroupDetail.html
type Group struct {
	At               Source
	ARN              string           `aws:"Arn"`
	Name             string           `aws:"GroupName"`
	Inline           []NamedDocument  `aws:"GroupPolicyList"`
	InlinePresence   Presence         `known:"GroupPolicyList"`
	Attached         []AttachedPolicy `aws:"AttachedManagedPolicies"`
	AttachedPresence Presence         `known:"AttachedManagedPolicies"`
}

func (v *User) member(r *reader, key string) bool {
	v.boundary.At = v.At
	return v.boundary.member(r, key)
}

func (v *User) finish(r *reader) { v.boundary.finish(r) }

var readUserMembers = tagged[User]()

func readUser(r *reader, at Source, v *User) {
	v.boundary.BoundaryPresence = Collected
	readUserMembers(r, at, v)
}

// Identity is a user as a role whose policies are the user's and those of its
// groups. Where a group is not in the snapshot, not all of them are known.
func (a *Account) Identity(u *User) *Role {
	out := u.boundary
	out.At, out.ARN, out.Name, out.ID, out.Path, out.Tags, out.TagsKnown = u.At, u.ARN, u.Name, u.ID, u.Path, u.Tags, u.TagsKnown
	out.Inline, out.InlinePresence = slices.Clone(u.Inline), u.InlinePresence
	out.Attached, out.AttachedPresence = slices.Clone(u.Attached), u.AttachedPresence
	if !u.GroupsKnown {
		out.InlinePresence = NotCollected
	}
	for _, name := range u.Groups {
		i := slices.IndexFunc(a.IAM.Groups.Items, func(g Group) bool { return g.Name == name })
		if i < 0 {
			out.InlinePresence = NotCollected
			continue
		}
		g := &a.IAM.Groups.Items[i]
		out.Inline, out.Attached = append(out.Inline, g.Inline...), append(out.Attached, g.Attached...)
		if g.InlinePresence != Collected || g.AttachedPresence != Collected {
			out.InlinePresence = NotCollected
		}
	}
	return &out
}
