package array

import (
	"math"

	"elbo/data"
)

// ImageFormat says how the values of an item are pixels.
type ImageFormat struct {
	Height, Width int
	Channels      int  // 1 is grey, 3 is red, green, blue
	ChannelsFirst bool // stored (channel, row, column) in place of (row, column, channel)
}

// ImageShape reads an item shape as an image: (h,w), (h,w,1), (h,w,3), (1,h,w), (3,h,w), or a flat (h²) for a square
// grey image. The class of the error is data.ErrColumn: the data is sound and does not fit the use.
func ImageShape(item []int) (ImageFormat, error) {
	switch {
	case len(item) == 1:
		if side := int(math.Round(math.Sqrt(float64(item[0])))); side > 0 && side*side == item[0] {
			return ImageFormat{Height: side, Width: side, Channels: 1}, nil
		}
	case len(item) == 2 && item[0] > 0 && item[1] > 0:
		return ImageFormat{Height: item[0], Width: item[1], Channels: 1}, nil
	case len(item) == 3 && item[0] > 0 && item[1] > 0 && item[2] > 0:
		if c := item[2]; c == 1 || c == 3 {
			return ImageFormat{Height: item[0], Width: item[1], Channels: c}, nil
		}
		if c := item[0]; c == 1 || c == 3 {
			return ImageFormat{Height: item[1], Width: item[2], Channels: c, ChannelsFirst: true}, nil
		}
	}
	return ImageFormat{}, &data.Error{File: "image", Msg: "items of shape " + ShapeText(item) + " are not images",
		Hint: "images are h×w, h×w×3, 3×h×w, or a flat square", Err: data.ErrColumn}
}

// index returns the place of a pixel's channel among the values of all images.
func (f ImageFormat) index(image, row, column, channel int) int {
	at := image * f.Height * f.Width * f.Channels
	if f.ChannelsFirst {
		return at + (channel*f.Height+row)*f.Width + column
	}
	return at + (row*f.Width+column)*f.Channels + channel
}
