package elbo

import "errors"

var errParticles = errors.New("elbo: the leave-one-out baseline needs at least 2 particles; set Particles.S")
