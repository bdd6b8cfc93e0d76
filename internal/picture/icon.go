package picture

// Icon is the little drawing in a station, in a box of 20 by 20.
type Icon uint8

const (
	IconDot Icon = iota
	IconJob
	IconInterface
	IconSubnet
	IconShield
	IconList
	IconRoute
	IconDoor
	IconGateway
	IconCloud
	IconBucket
	IconDocument
	IconPerson
	IconTree
	IconKey
	IconName
)

// iconPaths are outlines, drawn with a round pen and not filled.
var iconPaths = [...]string{
	IconDot:       "M10 6a4 4 0 1 0 .01 0z",
	IconJob:       "M5 5h10v10H5zM8 8h4v4H8zM7.5 5V2.5M12.5 5V2.5M7.5 17.5V15M12.5 17.5V15M5 7.5H2.5M5 12.5H2.5M17.5 7.5H15M17.5 12.5H15",
	IconInterface: "M3 5h14v9H3zM6 14v3M9 14v3M12 14v3M6 8h3v3H6zM12.5 8v3",
	IconSubnet:    "M3 3h14v14H3zM3 10h14M10 3v14",
	IconShield:    "M10 2.5l6.5 2.3v5c0 3.8-2.6 6.4-6.5 7.9-3.9-1.5-6.5-4.1-6.5-7.9v-5z",
	IconList:      "M3 4h14M3 10h14M3 16h14M7 4v6M13 4v6M10 10v6",
	IconRoute:     "M10 17.5V11M10 11L4.5 5.5M10 11l5.5-5.5M4.5 9V5.5H8M15.5 9V5.5H12",
	IconDoor:      "M4.5 17.5v-15h11v15zM2.5 17.5h15M12.3 9.5v1.6",
	IconGateway:   "M10 3a7 7 0 1 0 .01 0zM5.5 10h9M11.5 7l3 3-3 3",
	IconCloud:     "M6 15.5a3.6 3.6 0 0 1-.3-7.2 4.8 4.8 0 0 1 9.2.6 3.3 3.3 0 0 1-.4 6.6z",
	IconBucket:    "M3.5 5c0-1.4 2.9-2.5 6.5-2.5s6.5 1.1 6.5 2.5-2.9 2.5-6.5 2.5S3.5 6.4 3.5 5zM3.5 5l1.7 10.8c.2 1 2.2 1.7 4.8 1.7s4.6-.7 4.8-1.7L16.5 5",
	IconDocument:  "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 9.5h5.5M7.5 12h5.5M7.5 14.5h3.5",
	IconPerson:    "M10 3a3.2 3.2 0 1 0 .01 0zM3.5 17.5c.4-3.8 2.9-6 6.5-6s6.1 2.2 6.5 6z",
	IconTree:      "M7.5 2.5h5v4h-5zM2.5 13.5h5v4h-5zM12.5 13.5h5v4h-5zM10 6.5V10M5 13.5V10h10v3.5",
	IconKey:       "M6.5 9.5a3.8 3.8 0 1 0 .01 0zM9.2 10.8l7.3-7.3M13.5 6.5l2.5 2.5M11.6 8.4l1.7 1.7",
	IconName:      "M10 3a7 7 0 1 0 .01 0zM3 10h14M10 3c-5 4-5 10 0 14M10 3c5 4 5 10 0 14",
}

// markPath returns the drawing of a mark in a box from -9 to 9: its outline
// (filled) and the sign on it (drawn with a pen).
func markPath(m Mark) (outline, sign string) {
	switch m {
	case Unknown:
		return "M0-9.5L9.5 0 0 9.5-9.5 0z", "M-2.3-2.2a2.3 2.3 0 1 1 3.4 2C.2.3 0 .7 0 1.5M0 4.3v.01"
	case Pass:
		return "M0-8.5a8.5 8.5 0 1 0 .01 0z", "M-4 .3l2.8 2.9L4-2.9"
	case Warn:
		return "M0-9.5L9.8 7.5H-9.8z", "M0-3.5v5M0 4.5v.01"
	case Partial:
		return "M0-8.5a8.5 8.5 0 1 0 .01 0z", ""
	case Stop:
		return "M-3.9-9.3h7.8l5.4 5.4v7.8L3.9 9.3h-7.8l-5.4-5.4v-7.8z", "M-3.6-3.6l7.2 7.2M3.6-3.6l-7.2 7.2"
	case Unreached, None:
		return "M0-4.5a4.5 4.5 0 1 0 .01 0z", ""
	}
	panic("unreachable: mark")
}
