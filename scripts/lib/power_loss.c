/* Simulated power loss: an LD_PRELOAD shim that keeps a second folder with only what was synced.
 *
 *   POWER_LOSS_DIR     the folder that the program writes to
 *   POWER_LOSS_SHADOW  the folder that a power loss would leave behind (never inside POWER_LOSS_DIR)
 *   POWER_LOSS_EARLY   0 to 100, default 0: the share of unsynced writes, in percent, that reach the
 *                      disk early and out of order, as a kernel's writeback may do
 *
 * Kill the program with SIGKILL at any moment, then open POWER_LOSS_SHADOW as the data folder.
 *
 * The model is pessimistic:
 *   - Bytes written, and a new length, are there after fsync or fdatasync on any descriptor of the file
 *     (files are told apart by inode). sync_file_range, sync, syncfs and O_SYNC count for nothing.
 *   - A new file is there after a sync of the file itself or of its folder. After a sync of the folder
 *     alone it is empty.
 *   - A rename is there after a sync of the renamed file or of either folder; it is atomic.
 *   - A removal is there after a sync of the folder. A folder moves or goes with a sync of its parent.
 *   - What the folder holds when the program starts counts as synced if there is no shadow yet, which is
 *     then made as a copy. If there is one (the program was killed, the machine was not), every file of
 *     the folder counts as unsynced until its next sync.
 *
 * Not modelled: writes through mmap, io_uring or stdio's own buffers, hard links, several processes that
 * write to the same folder, statically linked programs. A fault of the shim itself aborts the program.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MODE_OF_FLAGS(flags) ((flags) & (O_CREAT | __O_TMPFILE))

typedef struct {
    off_t start, end;
} Range;

typedef struct {
    dev_t dev;
    ino_t ino;          /* 0: no live inode any more */
    char *live;         /* its path below the folder now, NULL once removed */
    char *durable;      /* its path below the shadow, NULL while a power loss would leave no such file */
    int stale;          /* its name no longer leads to it */
    off_t shortest;     /* the shortest length since the last sync, -1 if it never shrank */
    Range *dirty;
    size_t dirty_len, dirty_cap;
} File;

typedef struct {
    char *from, *to;
} Move;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX], shadow[PATH_MAX], scratch[PATH_MAX];
static size_t root_len;
static File **files;
static size_t files_len, files_cap;
static Move *moves; /* folders renamed, not synced yet */
static size_t moves_len, moves_cap;
static unsigned early;
static uint64_t dice = 0x9e3779b97f4a7c15u;

/* ---- the real calls, which never come back here ---- */

static int sys_open(const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
static int sys_rename(const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
static int sys_unlink(const char *path, int flags) { return (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags); }

static void die(const char *what, const char *path) {
    dprintf(2, "power_loss: %s %s: %s\n", what, path ? path : "", strerror(errno));
    abort();
}

static void *checked(void *memory) {
    if (!memory) die("out of memory", NULL);
    return memory;
}

static char *copy(const char *text) { return checked(strdup(text)); }

/* ---- paths ---- */

static const char *below_root(const char *path) {
    if (!root_len || strncmp(path, root, root_len) != 0) return NULL;
    if (path[root_len] == '\0') return "";
    return path[root_len] == '/' ? path + root_len + 1 : NULL;
}

static void in_folder(char *out, const char *folder, const char *rel) {
    int n = *rel ? snprintf(out, PATH_MAX, "%s/%s", folder, rel) : snprintf(out, PATH_MAX, "%s", folder);
    if (n < 0 || n >= PATH_MAX) die("path too long", rel);
}

/* The path of an open descriptor, below the folder; NULL if it is elsewhere. */
static const char *fd_path(int fd, char *buffer) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, buffer, PATH_MAX - 1);
    if (n <= 0) return NULL;
    buffer[n] = '\0';
    return below_root(buffer);
}

/* The path of a name (which need not exist), below the folder; NULL if it is elsewhere. */
static const char *name_path(int dirfd, const char *name, char *buffer) {
    char whole[PATH_MAX], base[NAME_MAX + 1];
    if (!root_len || !name) return NULL;
    if (name[0] == '/' || dirfd == AT_FDCWD) {
        if (snprintf(whole, sizeof whole, "%s", name) >= PATH_MAX) return NULL;
    } else {
        char link[40], dir[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t n = readlink(link, dir, sizeof dir - 1);
        if (n <= 0) return NULL;
        dir[n] = '\0';
        if (snprintf(whole, sizeof whole, "%s/%s", dir, name) >= PATH_MAX) return NULL;
    }
    size_t end = strlen(whole);
    while (end > 1 && whole[end - 1] == '/') whole[--end] = '\0';
    char *slash = strrchr(whole, '/');
    const char *last = slash ? slash + 1 : whole;
    if (strlen(last) > NAME_MAX) return NULL;
    strcpy(base, last);
    if (slash == whole) whole[1] = '\0';
    else if (slash) *slash = '\0';
    else strcpy(whole, ".");
    if (!realpath(whole, buffer)) return NULL;
    size_t n = strlen(buffer);
    if (n + 1 + strlen(base) >= PATH_MAX) return NULL;
    if (n > 1) buffer[n++] = '/';
    strcpy(buffer + n, base);
    return below_root(buffer);
}

static int parent_is(const char *path, const char *folder) {
    size_t n = strlen(folder);
    if (n && (strncmp(path, folder, n) != 0 || path[n] != '/')) return 0;
    return strchr(path + (n ? n + 1 : 0), '/') == NULL;
}

static int is_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static void move_prefix(char **path, const char *from, const char *to) {
    if (!*path || !is_below(*path, from)) return;
    char out[PATH_MAX];
    in_folder(out, to, *path + strlen(from) + 1);
    free(*path);
    *path = copy(out);
}

/* ---- records ---- */

static File *by_inode(const struct stat *st) {
    for (size_t i = files_len; i-- > 0;)
        if (files[i]->ino == st->st_ino && files[i]->dev == st->st_dev) return files[i];
    return NULL;
}

static File *by_durable(const char *path) {
    for (size_t i = 0; i < files_len; i++)
        if (files[i]->durable && strcmp(files[i]->durable, path) == 0) return files[i];
    return NULL;
}

static File *add(const struct stat *st, const char *path) {
    File *f = checked(calloc(1, sizeof *f));
    *f = (File){.dev = st->st_dev, .ino = st->st_ino, .live = copy(path), .shortest = -1};
    if (files_len == files_cap)
        files = checked(realloc(files, (files_cap = files_cap ? 2 * files_cap : 64) * sizeof *files));
    return files[files_len++] = f;
}

/* Drops the records that name neither a live file nor a durable one. */
static void sweep(void) {
    size_t kept = 0;
    for (size_t i = 0; i < files_len; i++) {
        File *f = files[i];
        if (f->live || f->durable) files[kept++] = f;
        else free(f->dirty), free(f);
    }
    files_len = kept;
}

static void gone(File *f) {
    free(f->live);
    f->live = NULL;
    f->ino = 0;
}

static File *of_fd(int fd) {
    struct stat st;
    if (!root_len || files_len == 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return NULL;
    return by_inode(&st);
}

static void mark(File *f, off_t start, off_t end) {
    if (end <= start) return;
    if (f->dirty_len) {
        Range *last = &f->dirty[f->dirty_len - 1];
        if (start <= last->end && end >= last->start) {
            if (start < last->start) last->start = start;
            if (end > last->end) last->end = end;
            return;
        }
    }
    if (f->dirty_len == f->dirty_cap)
        f->dirty = checked(realloc(f->dirty, (f->dirty_cap = f->dirty_cap ? 2 * f->dirty_cap : 32) * sizeof(Range)));
    f->dirty[f->dirty_len++] = (Range){start, end};
}

static void shrink(File *f, off_t length) {
    size_t kept = 0;
    if (f->shortest < 0 || length < f->shortest) f->shortest = length;
    for (size_t i = 0; i < f->dirty_len; i++) {
        Range r = f->dirty[i];
        if (r.end > length) r.end = length;
        if (r.end > r.start) f->dirty[kept++] = r;
    }
    f->dirty_len = kept;
}

/* Takes the name that a live file has now: a rename by a raw system call passed us by. */
static void rename_live(File *f, const char *path) {
    if (f->live && strcmp(f->live, path) == 0) return;
    free(f->live);
    f->live = copy(path);
}

/* Reads the names of one folder afresh. */
static void refresh(const char *folder) {
    char path[PATH_MAX], rel[PATH_MAX];
    struct stat st;
    for (size_t i = 0; i < files_len; i++) {
        if (!files[i]->live || !parent_is(files[i]->live, folder)) continue;
        in_folder(path, root, files[i]->live);
        if (lstat(path, &st) != 0 || st.st_ino != files[i]->ino) files[i]->stale = 1;
    }
    in_folder(path, root, folder);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (*folder) in_folder(rel, folder, e->d_name);
        else snprintf(rel, sizeof rel, "%s", e->d_name);
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) continue;
        File *f = by_inode(&st);
        if (f) rename_live(f, rel), f->stale = 0;
        else mark(add(&st, rel), 0, st.st_size);
    }
    if (dir) closedir(dir);
    for (size_t i = 0; i < files_len; i++)
        if (files[i]->stale) files[i]->stale = 0, gone(files[i]);
}

/* ---- the shadow ---- */

static void make_parents(const char *rel) {
    char path[PATH_MAX];
    in_folder(path, shadow, rel);
    for (char *p = path + strlen(shadow) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) die("mkdir", path);
        *p = '/';
    }
}

static void remove_tree(const char *path) {
    DIR *dir = opendir(path);
    if (dir) {
        for (struct dirent *e; (e = readdir(dir));) {
            if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
            char child[PATH_MAX];
            in_folder(child, path, e->d_name);
            remove_tree(child);
        }
        closedir(dir);
    }
    if (sys_unlink(path, dir ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT) die("remove", path);
}

static void copy_range(int from, int to, off_t start, off_t end) {
    static char buffer[1 << 16];
    while (start < end) {
        size_t want = (size_t)(end - start) < sizeof buffer ? (size_t)(end - start) : sizeof buffer;
        ssize_t n = syscall(SYS_pread64, from, buffer, want, start);
        if (n < 0) die("read", root);
        if (n == 0) return;
        for (ssize_t done = 0; done < n;) {
            ssize_t w = syscall(SYS_pwrite64, to, buffer + done, (size_t)(n - done), start + done);
            if (w <= 0) die("write", shadow);
            done += w;
        }
        start += n;
    }
}

/* Gives the file its present name in the shadow: creates it empty there, or renames it. */
static void settle_name(File *f, int depth) {
    char to[PATH_MAX];
    if (!f->live || (f->durable && strcmp(f->durable, f->live) == 0)) return;
    File *holder = by_durable(f->live);
    if (holder && holder->live && depth < 64) settle_name(holder, depth + 1); /* it moved away first */
    make_parents(f->live);
    in_folder(to, shadow, f->live);
    if (f->durable) {
        char from[PATH_MAX];
        in_folder(from, shadow, f->durable);
        if (sys_rename(from, to) != 0) die("rename to", to);
    } else {
        char fresh[PATH_MAX];
        in_folder(fresh, scratch, "new");
        int fd = sys_open(fresh, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0) die("create", fresh);
        close(fd);
        if (sys_rename(fresh, to) != 0) die("rename to", to);
    }
    holder = by_durable(f->live);
    if (holder && holder != f) free(holder->durable), holder->durable = NULL;
    free(f->durable);
    f->durable = copy(f->live);
}

/* Opens both copies, whatever mode the caller's descriptor has. */
static int open_pair(File *f, int fd, int *from, int *to) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *from = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (*from < 0) return 0;
    in_folder(path, shadow, f->durable);
    *to = sys_open(path, O_WRONLY | O_CLOEXEC, 0);
    if (*to < 0) die("open", path);
    return 1;
}

static void file_synced(File *f, int fd) {
    struct stat st;
    int from, to;
    char buffer[PATH_MAX];
    const char *name = fstat(fd, &st) == 0 && st.st_nlink > 0 ? fd_path(fd, buffer) : NULL;
    if (name) rename_live(f, name);
    settle_name(f, 0);
    if (!f->durable || !open_pair(f, fd, &from, &to)) return;
    if (fstat(from, &st) != 0) die("stat", f->durable);
    if (f->shortest >= 0 && fstat(to, &st) == 0 && st.st_size > f->shortest &&
        syscall(SYS_ftruncate, to, f->shortest) != 0)
        die("truncate", f->durable);
    if (fstat(from, &st) != 0) die("stat", f->durable);
    for (size_t i = 0; i < f->dirty_len; i++) {
        Range r = f->dirty[i];
        copy_range(from, to, r.start, r.end < st.st_size ? r.end : st.st_size);
    }
    if (syscall(SYS_ftruncate, to, st.st_size) != 0) die("truncate", f->durable);
    if (fchmod(to, st.st_mode & 07777) != 0) die("chmod", f->durable);
    syscall(SYS_close, from);
    syscall(SYS_close, to);
    f->dirty_len = 0;
    f->shortest = -1;
}

static void written_early(File *f, int fd, off_t start, off_t end) {
    int from, to;
    dice ^= dice << 13, dice ^= dice >> 7, dice ^= dice << 17;
    if (!early || !f->durable || dice % 100 >= early || !open_pair(f, fd, &from, &to)) return;
    copy_range(from, to, start, end);
    syscall(SYS_close, from);
    syscall(SYS_close, to);
}

static void folder_moves_synced(const char *folder) {
    size_t kept = 0;
    for (size_t i = 0; i < moves_len; i++) {
        Move m = moves[i];
        if (!parent_is(m.from, folder) && !parent_is(m.to, folder)) {
            moves[kept++] = m;
            continue;
        }
        char from[PATH_MAX], to[PATH_MAX];
        in_folder(from, shadow, m.from);
        in_folder(to, shadow, m.to);
        make_parents(m.to);
        if (sys_rename(from, to) == 0) {
            for (size_t k = 0; k < files_len; k++) move_prefix(&files[k]->durable, m.from, m.to);
        } else if (errno != ENOENT) {
            die("rename to", to);
        }
        free(m.from), free(m.to);
    }
    moves_len = kept;
}

static int is_moving(const char *rel) {
    for (size_t i = 0; i < moves_len; i++)
        if (!strcmp(moves[i].from, rel) || is_below(moves[i].from, rel)) return 1;
    return 0;
}

/* Makes the entries of one folder durable: the names, not the contents behind them. */
static void folder_synced(const char *folder) {
    char live[PATH_MAX], durable[PATH_MAX], rel[PATH_MAX], child[PATH_MAX];
    struct stat st;
    folder_moves_synced(folder);
    refresh(folder);
    for (size_t i = 0; i < files_len; i++) {
        File *f = files[i];
        if (f->live && (parent_is(f->live, folder) || (f->durable && parent_is(f->durable, folder))))
            settle_name(f, 0);
    }
    in_folder(live, root, folder);
    in_folder(durable, shadow, folder);
    if (*folder) {
        make_parents(folder);
        if (mkdir(durable, 0700) != 0 && errno != EEXIST) die("mkdir", durable);
    }
    DIR *dir = opendir(durable);
    if (!dir) die("open", durable);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        in_folder(rel, folder, e->d_name);
        const char *name = *folder ? rel : e->d_name;
        in_folder(child, root, name);
        if (lstat(child, &st) == 0 || is_moving(name)) continue;
        in_folder(child, shadow, name);
        remove_tree(child);
        for (size_t i = 0; i < files_len; i++) {
            File *f = files[i];
            if (f->durable && (!strcmp(f->durable, name) || is_below(f->durable, name)))
                free(f->durable), f->durable = NULL;
        }
    }
    closedir(dir);
    if (!(dir = opendir(live))) return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        in_folder(child, live, e->d_name);
        if (lstat(child, &st) != 0 || !S_ISDIR(st.st_mode)) continue;
        in_folder(child, durable, e->d_name);
        if (mkdir(child, st.st_mode & 07777) != 0 && errno != EEXIST) die("mkdir", child);
    }
    closedir(dir);
    sweep();
}

/* ---- start ---- */

static void scan(const char *rel, int copy_all) {
    char path[PATH_MAX], target[PATH_MAX], child[PATH_MAX];
    struct stat st;
    in_folder(path, root, rel);
    DIR *dir = opendir(path);
    if (!dir) die("open", path);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        if (*rel) in_folder(child, rel, e->d_name);
        else snprintf(child, sizeof child, "%s", e->d_name);
        in_folder(path, root, child);
        in_folder(target, shadow, child);
        if (lstat(path, &st) != 0) continue;
        if (S_ISDIR(st.st_mode)) {
            if (copy_all && mkdir(target, st.st_mode & 07777) != 0 && errno != EEXIST) die("mkdir", target);
            scan(child, copy_all);
        } else if (S_ISREG(st.st_mode)) {
            File *f = add(&st, child);
            struct stat there;
            if (!copy_all && lstat(target, &there) == 0) {
                f->durable = copy(child);
            }
            mark(f, 0, st.st_size);
            int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
            if (fd < 0) die("open", path);
            if (copy_all) file_synced(f, fd);
            syscall(SYS_close, fd);
        }
    }
    closedir(dir);
}

static void make_folder(const char *path, char *real) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST) die("mkdir", path);
    if (!realpath(path, real)) die("resolve", path);
}

static void hold(void) { pthread_mutex_lock(&lock); }
static void release(void) { pthread_mutex_unlock(&lock); }

__attribute__((constructor)) static void start(void) {
    const char *dir = getenv("POWER_LOSS_DIR"), *to = getenv("POWER_LOSS_SHADOW"), *share = getenv("POWER_LOSS_EARLY");
    if (!dir || !to) return;
    char real[PATH_MAX];
    struct stat st;
    int first = lstat(to, &st) != 0;
    if (share) early = (unsigned)strtoul(share, NULL, 10);
    dice ^= (uint64_t)getpid() << 20;
    make_folder(dir, real);
    make_folder(to, shadow);
    if (snprintf(scratch, sizeof scratch, "%s.tmp", shadow) >= PATH_MAX) die("path too long", shadow);
    if (mkdir(scratch, 0700) != 0 && errno != EEXIST) die("mkdir", scratch);
    strcpy(root, real);
    root_len = strlen(root);
    if (below_root(shadow)) die("the shadow may not be inside the folder:", shadow);
    scan("", first);
    pthread_atfork(hold, release, release);
}

/* ---- the calls that open and name files ---- */

static int do_open(int dirfd, const char *path, int flags, mode_t mode) {
    struct stat before;
    if (!root_len) return (int)syscall(SYS_openat, dirfd, path, flags, mode);
    int existed = (flags & O_TRUNC) && fstatat(dirfd, path, &before, 0) == 0;
    int fd = (int)syscall(SYS_openat, dirfd, path, flags, mode); /* outside the lock: it may block */
    int error = errno;
    char buffer[PATH_MAX];
    struct stat st;
    const char *rel = fd < 0 ? NULL : fd_path(fd, buffer);
    if (rel && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        pthread_mutex_lock(&lock);
        File *f = by_inode(&st);
        if (f && (flags & O_CREAT) && (flags & O_EXCL)) gone(f), f = NULL; /* the inode's number is used again */
        if (!f) add(&st, rel);
        else if (existed && before.st_ino == st.st_ino) shrink(f, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return fd;
}

#define OPEN(name, dirparam, dir)                      \
    EXPORT int name(dirparam const char *path, int flags, ...) { \
        mode_t mode = 0;                               \
        if (MODE_OF_FLAGS(flags)) {                    \
            va_list args;                              \
            va_start(args, flags);                     \
            mode = va_arg(args, mode_t);               \
            va_end(args);                              \
        }                                              \
        return do_open(dir, path, flags, mode);        \
    }
#define NOTHING
#define DIRFD int dirfd,
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
OPEN(openat, DIRFD, dirfd)
OPEN(openat64, DIRFD, dirfd)

EXPORT int creat(const char *path, mode_t mode) {
    return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
EXPORT int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static int do_rename(int fromfd, const char *from, int tofd, const char *to, unsigned flags) {
    char old_buffer[PATH_MAX], new_buffer[PATH_MAX];
    struct stat st, over;
    if (!root_len) return (int)syscall(SYS_renameat2, fromfd, from, tofd, to, flags);
    pthread_mutex_lock(&lock);
    const char *old = name_path(fromfd, from, old_buffer), *new = name_path(tofd, to, new_buffer);
    int known = old && fstatat(fromfd, from, &st, AT_SYMLINK_NOFOLLOW) == 0;
    int replaces = new && fstatat(tofd, to, &over, AT_SYMLINK_NOFOLLOW) == 0;
    int result = (int)syscall(SYS_renameat2, fromfd, from, tofd, to, flags);
    int error = errno;
    if (result == 0 && (old || new)) {
        File *target = replaces ? by_inode(&over) : NULL;
        File *f = known ? by_inode(&st) : NULL;
        if (flags & RENAME_EXCHANGE) die("RENAME_EXCHANGE is not modelled:", to);
        if (target && target != f) gone(target);
        if (known && S_ISDIR(st.st_mode) && new) {
            for (size_t i = 0; i < files_len; i++) move_prefix(&files[i]->live, old, new);
            if (moves_len == moves_cap)
                moves = checked(realloc(moves, (moves_cap = moves_cap ? 2 * moves_cap : 8) * sizeof *moves));
            moves[moves_len++] = (Move){copy(old), copy(new)};
        } else if (f && new) {
            free(f->live);
            f->live = copy(new);
        } else if (f) {
            gone(f);
        } else if (new && fstatat(tofd, to, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            mark(add(&st, new), 0, st.st_size); /* moved in from elsewhere */
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

EXPORT int rename(const char *from, const char *to) { return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0); }
EXPORT int renameat(int fromfd, const char *from, int tofd, const char *to) {
    return do_rename(fromfd, from, tofd, to, 0);
}
EXPORT int renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned flags) {
    return do_rename(fromfd, from, tofd, to, flags);
}

static int do_unlink(int dirfd, const char *path, int flags) {
    char buffer[PATH_MAX];
    struct stat st;
    if (!root_len) return (int)syscall(SYS_unlinkat, dirfd, path, flags);
    pthread_mutex_lock(&lock);
    const char *rel = name_path(dirfd, path, buffer);
    int known = rel && fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
    int result = (int)syscall(SYS_unlinkat, dirfd, path, flags);
    int error = errno;
    File *f = result == 0 && known ? by_inode(&st) : NULL;
    if (f) gone(f);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

EXPORT int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
EXPORT int unlinkat(int dirfd, const char *path, int flags) { return do_unlink(dirfd, path, flags); }
EXPORT int remove(const char *path) {
    int result = do_unlink(AT_FDCWD, path, 0);
    return result != 0 && errno == EISDIR ? do_unlink(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

/* ---- the calls that change a file: under the lock, so that a sync sees whole writes ---- */

#define CHANGE(call, started, done)                    \
    File *f;                                           \
    if (!root_len) return call;                        \
    pthread_mutex_lock(&lock);                         \
    f = of_fd(fd);                                     \
    if (!f) {                                          \
        pthread_mutex_unlock(&lock);                   \
        return call;                                   \
    }                                                  \
    off_t at = started;                                \
    ssize_t n = call;                                  \
    int error = errno;                                 \
    (void)at;                                          \
    done;                                              \
    pthread_mutex_unlock(&lock);                       \
    errno = error;                                     \
    return n;

#define WRITTEN if (n > 0) mark(f, at, at + n), written_early(f, fd, at, at + n)

/* Where a write without an offset begins; with O_APPEND at the end of the file. */
static off_t position(int fd) {
    struct stat st;
    if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &st) == 0) return st.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

EXPORT ssize_t write(int fd, const void *data, size_t len) { CHANGE(syscall(SYS_write, fd, data, len), position(fd), WRITTEN) }
EXPORT ssize_t writev(int fd, const struct iovec *iov, int count) {
    CHANGE(syscall(SYS_writev, fd, iov, count), position(fd), WRITTEN)
}
EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
    CHANGE(syscall(SYS_pwrite64, fd, data, len, offset), offset, WRITTEN)
}
EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) { return pwrite64(fd, data, len, offset); }
EXPORT ssize_t pwritev64(int fd, const struct iovec *iov, int count, off64_t offset) {
    CHANGE(syscall(SYS_pwritev, fd, iov, count, offset, 0L), offset, WRITTEN)
}
EXPORT ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset) {
    return pwritev64(fd, iov, count, offset);
}
EXPORT ssize_t pwritev64v2(int fd, const struct iovec *iov, int count, off64_t offset, int flags) {
    CHANGE(syscall(SYS_pwritev2, fd, iov, count, offset, 0L, flags), offset == -1 ? position(fd) : offset, WRITTEN)
}
EXPORT ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
    return pwritev64v2(fd, iov, count, offset, flags);
}
EXPORT ssize_t copy_file_range(int from, off64_t *from_at, int fd, off64_t *to_at, size_t len, unsigned flags) {
    CHANGE(syscall(SYS_copy_file_range, from, from_at, fd, to_at, len, flags), to_at ? *to_at : position(fd), WRITTEN)
}
EXPORT ssize_t sendfile64(int fd, int from, off64_t *from_at, size_t len) {
    CHANGE(syscall(SYS_sendfile, fd, from, from_at, len), position(fd), WRITTEN)
}
EXPORT ssize_t sendfile(int fd, int from, off_t *from_at, size_t len) { return sendfile64(fd, from, from_at, len); }

static ssize_t do_ftruncate(int fd, off_t length) {
    CHANGE(syscall(SYS_ftruncate, fd, length), 0, if (n == 0) shrink(f, length))
}
EXPORT int ftruncate64(int fd, off64_t length) { return (int)do_ftruncate(fd, length); }
EXPORT int ftruncate(int fd, off_t length) { return (int)do_ftruncate(fd, length); }
EXPORT int truncate64(const char *path, off64_t length) {
    int fd = do_open(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ftruncate64(fd, length), error = errno;
    syscall(SYS_close, fd);
    errno = error;
    return result;
}
EXPORT int truncate(const char *path, off_t length) { return truncate64(path, length); }

static ssize_t do_fallocate(int fd, int mode, off_t offset, off_t len) {
    CHANGE(syscall(SYS_fallocate, fd, mode, offset, len), offset, if (n == 0) mark(f, at, at + len))
}
EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t len) { return (int)do_fallocate(fd, mode, offset, len); }
EXPORT int fallocate(int fd, int mode, off_t offset, off_t len) { return (int)do_fallocate(fd, mode, offset, len); }
EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t len) {
    return do_fallocate(fd, 0, offset, len) == 0 ? 0 : errno;
}
EXPORT int posix_fallocate(int fd, off_t offset, off_t len) { return posix_fallocate64(fd, offset, len); }

/* ---- the calls that make it last ---- */

static int do_sync(long call, int fd) {
    struct stat st;
    char buffer[PATH_MAX];
    if (!root_len) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(call, fd), error = errno;
    if (result == 0 && fstat(fd, &st) == 0) {
        File *f = S_ISREG(st.st_mode) ? by_inode(&st) : NULL;
        const char *folder = S_ISDIR(st.st_mode) ? fd_path(fd, buffer) : NULL;
        if (f) file_synced(f, fd);
        if (folder) folder_synced(folder);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

EXPORT int fsync(int fd) { return do_sync(SYS_fsync, fd); }
EXPORT int fdatasync(int fd) { return do_sync(SYS_fdatasync, fd); }
