//! Tests of open files that are no sockets.

mod epoll;
mod eventfd;
mod pipe;
mod random;
mod record;
mod timerfd;
mod world;
