/* What streams, events and captures share. */
#ifndef ELBO_EMULATOR_STREAM_H
#define ELBO_EMULATOR_STREAM_H
#include "state.h"

namespace emu {
extern std::set<Capture *> captures; /* those that go on */
std::shared_ptr<Event> event_of(void *handle);
int run_front(Stream *s); /* the oldest work of a stream, with what it waits for */
int refuse_captured(Stream *s, const char *call); /* for calls that make no sense on a captured stream */
}
#endif
