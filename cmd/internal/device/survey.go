package device

// Survey is what there is of a card's software and of cards on this machine.
type Survey struct {
	Libraries []Library `json:"libraries"`
	Cards     []Card    `json:"cards"`
	Problem   string    `json:"problem,omitempty"` // why there are no cards
}

// Library is a shared library a card needs.
type Library struct {
	Name    string   `json:"name"`
	Path    string   `json:"path,omitempty"`
	Version string   `json:"version,omitempty"`
	Missing []string `json:"missing"` // functions elbo calls that the library lacks
	Tried   []string `json:"tried"`   // places looked at, with what was found there
	Problem string   `json:"problem,omitempty"`
}

// Card is a GPU. Sizes are in bytes.
type Card struct {
	Name            string `json:"name"` // as --device takes it, such as "cuda:0"
	Model           string `json:"model"`
	Capability      string `json:"compute_capability"`
	Memory          int64  `json:"memory_bytes"`
	Multiprocessors int    `json:"multiprocessors"`
	Driver          string `json:"driver"`
	UUID            string `json:"uuid,omitempty"`
	PCI             string `json:"pci,omitempty"`
	L2              int    `json:"l2_bytes,omitempty"`
	SharedMemory    int    `json:"shared_bytes_per_block,omitempty"`
	Cooperative     bool   `json:"cooperative_launch"`
}
