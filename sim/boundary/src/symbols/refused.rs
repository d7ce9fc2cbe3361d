//! Calls that are not modelled, as a table: each is noted, and fails.
//!
//! They are owned so that nothing of the kind happens for real without a word. Does not know why a program wants them.
//! Invariant: every call here leaves the run inconclusive.

use core::ffi::{c_int, c_void};

use photofinish_sim::errno::Errno;

use super::fail;
use crate::own::owned;
use crate::phase;
use crate::run::unmodelled;

fn refuse(name: &str) {
    phase::as_simulator(|| unmodelled(format!("{name} is not modelled")));
}

/// Calls that return -1, as a number or as the pointer that stands for it, and set `errno`.
macro_rules! refused {
    ($($name:ident($($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled.
            fn $name($($arg: usize),*) -> isize {
                $(let _ = $arg;)*
                refuse(stringify!($name));
                fail(Errno::ENOSYS) as isize
            }
        )*}
    };
}

/// Calls that return an error number.
macro_rules! refused_by_number {
    ($($name:ident($($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled.
            fn $name($($arg: usize),*) -> c_int {
                $(let _ = $arg;)*
                refuse(stringify!($name));
                libc::ENOSYS
            }
        )*}
    };
}

/// Calls that return a pointer, which is null.
macro_rules! refused_pointers {
    ($($name:ident($($arg:ident),*);)*) => {
        owned! {$(
            /// Not modelled.
            fn $name($($arg: usize),*) -> *mut c_void {
                $(let _ = $arg;)*
                refuse(stringify!($name));
                fail(Errno::ENOSYS);
                core::ptr::null_mut()
            }
        )*}
    };
}

// Streams of `stdio(3)`, walks and patterns open files past every symbol of ours.
refused_pointers! {
    fopen(a, b);
    fopen64(a, b);
    freopen(a, b, c);
    freopen64(a, b, c);
    fdopen(a, b);
    tmpfile();
    tmpfile64();
    tmpnam(a);
    tempnam(a, b);
    mktemp(a);
    fts_open(a, b, c);
    fts64_open(a, b, c);
    ttyname(a);
    popen(a, b);
    sem_open(a, b, c, d);
    if_nameindex();
    gethostbyname2(a, b);
    gethostbyaddr(a, b, c);
    __getwd_chk(a, b);
    getlogin();
    cuserid(a);
    getutent();
    getutid(a);
    getutline(a);
    pututline(a);
    getutxent();
    getutxid(a);
    getutxline(a);
    pututxline(a);
    getwd(a);
}

// The machine: its clock, its names, its disks, its ports, its load.
refused! {
    adjtime(a, b);
    adjtimex(a);
    ntp_adjtime(a);
    ntp_gettime(a);
    ntp_gettimex(a);
    clock_adjtime(a, b);
    clock_settime(a, b);
    settimeofday(a, b);
    sethostname(a, b);
    setdomainname(a, b);
    getdomainname(a, b);
    sethostid(a);
    gethostid();
    sysinfo(a);
    getloadavg(a, b);
    mount(a, b, c, d, e);
    umount(a);
    umount2(a, b);
    swapon(a, b);
    swapoff(a);
    quotactl(a, b, c, d);
    acct(a);
    reboot(a);
    klogctl(a, b, c);
    vsyslog(a, b, c);
    __vsyslog_chk(a, b, c, d);
    openlog(a, b, c);
    vhangup();
    iopl(a);
    ioperm(a, b, c);
    posix_openpt(a);
    getpt();
}

// Who else there is: groups, and what programs share that are not of the run.
refused! {
    initgroups(a, b);
    shm_open(a, b, c);
    shm_unlink(a);
    shmget(a, b, c);
    shmat(a, b, c);
    shmdt(a);
    shmctl(a, b, c);
    mq_open(a, b, c, d);
    __mq_open_2(a, b);
    mq_unlink(a);
    msgget(a, b);
    msgsnd(a, b, c, d);
    msgrcv(a, b, c, d, e);
    msgctl(a, b, c);
    semget(a, b, c);
    semop(a, b, c);
    semtimedop(a, b, c, d);
    semctl(a, b, c, d);
    sem_unlink(a);
}

// Threads of the C library's own, and signals at times of the real clock.
refused! {
    timer_create(a, b, c);
    aio_read(a);
    aio_read64(a);
    aio_write(a);
    aio_write64(a);
    aio_fsync(a, b);
    aio_fsync64(a, b);
    lio_listio(a, b, c, d);
    lio_listio64(a, b, c, d);
}

refused! {
    sched_setparam(a, b);
    sched_getparam(a, b);
    sched_setscheduler(a, b, c);
    sched_getscheduler(a);
    sched_rr_get_interval(a, b);
    fileno(a);
    scandir(a, b, c, d);
    scandir64(a, b, c, d);
    scandirat(a, b, c, d, e);
    scandirat64(a, b, c, d, e);
    getdirentries(a, b, c, d);
    getdirentries64(a, b, c, d);
    sockatmark(a);
    res_query(a, b, c, d, e);
    res_search(a, b, c, d, e);
    res_querydomain(a, b, c, d, e, f);
    res_nquerydomain(a, b, c, d, e, f, g);
    __getdomainname_chk(a, b, c);
    res_send(a, b, c, d);
    res_nquery(a, b, c, d, e, f);
    res_nsearch(a, b, c, d, e, f);
    res_nsend(a, b, c, d, e);
    ftw(a, b, c);
    ftw64(a, b, c);
    nftw(a, b, c, d);
    nftw64(a, b, c, d);
    glob(a, b, c, d);
    glob64(a, b, c, d);
    mkfifo(a, b);
    mkfifoat(a, b, c);
    mknod(a, b, c);
    mknodat(a, b, c, d);
    chroot(a);
    vmsplice(a, b, c, d);
    readahead(a, b, c);
    pathconf(a, b);
    fpathconf(a, b);
    inotify_init();
    fanotify_init(a, b);
    name_to_handle_at(a, b, c, d, e);
    open_by_handle_at(a, b, c);
    setxattr(a, b, c, d, e);
    lsetxattr(a, b, c, d, e);
    fsetxattr(a, b, c, d, e);
    getxattr(a, b, c, d);
    lgetxattr(a, b, c, d);
    fgetxattr(a, b, c, d);
    listxattr(a, b, c);
    llistxattr(a, b, c);
    flistxattr(a, b, c);
    removexattr(a, b);
    lremovexattr(a, b);
    fremovexattr(a, b);
    signalfd(a, b, c);
    sigqueue(a, b, c);
    tgkill(a, b, c);
    sigset(a, b);
    sighold(a);
    sigrelse(a);
    sigignore(a);
    siginterrupt(a, b);
    pidfd_send_signal(a, b, c, d);
    pidfd_getfd(a, b, c);
    system(a);
    pclose(a);
    execvpe(a, b, c);
    execl(a, b, c, d, e);
    execlp(a, b, c, d, e);
    execle(a, b, c, d, e);
    fexecve(a, b, c);
    execveat(a, b, c, d, e);
    _Fork();
    clone(a, b, c, d, e);
    unshare(a);
    setns(a, b);
    daemon(a, b);
    wait3(a, b, c);
    forkpty(a, b, c, d);
    openpty(a, b, c, d, e);
    login_tty(a);
    ptrace(a, b, c, d);
    process_vm_readv(a, b, c, d, e, f);
    process_vm_writev(a, b, c, d, e, f);
    tcgetpgrp(a);
    tcsetpgrp(a, b);
    getpriority(a, b);
    setpriority(a, b, c);
    nice(a);
    wordexp(a, b, c);
    inotify_init1(a);
    sigtimedwait(a, b, c);
    sigwaitinfo(a, b);
    getitimer(a, b);
    times(a);
    getrusage(a, b);
}

refused_by_number! {
    gethostbyname_r(a, b, c, d, e, f);
    __getlogin_r_chk(a, b, c);
    gethostbyname2_r(a, b, c, d, e, f, g);
    gethostbyaddr_r(a, b, c, d, e, f, g, h);
    getaddrinfo_a(a, b, c, d);
    thrd_create(a, b, c);
    thrd_join(a, b);
    thrd_detach(a);
    thrd_sleep(a, b);
    thrd_yield();
    mtx_lock(a);
    mtx_trylock(a);
    mtx_timedlock(a, b);
    mtx_unlock(a);
    cnd_wait(a, b);
    cnd_timedwait(a, b, c);
    cnd_signal(a);
    cnd_broadcast(a);
    call_once(a, b);
    pthread_attr_setaffinity_np(a, b, c);
    pthread_getschedparam(a, b, c);
    pthread_setschedparam(a, b, c);
    pthread_setschedprio(a, b);
    pthread_tryjoin_np(a, b);
    pthread_timedjoin_np(a, b, c);
    pthread_clockjoin_np(a, b, c, d);
    getlogin_r(a, b);
    sigwait(a, b);
    pthread_sigqueue(a, b, c);
    pidfd_spawn(a, b, c, d, e, f);
    pidfd_spawnp(a, b, c, d, e, f);
}
