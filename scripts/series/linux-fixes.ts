/**
 * Fixes of linux-6.1.y that came after 6.1.176, and of linux-6.12.y after 6.12.107, both of which Debian ships: what each is
 * called, and the file that it is in. Chosen by reading Debian's changelog up to 6.1.192-3 and 6.12.117-1 beside what differs
 * between both versions: files of which all that differs is one named change. Where one had others in the same file, it was
 * left out.
 */
export interface LinuxFix {
  /** The CVE where the changelog has one; else the subject. */
  readonly id: string
  readonly file: string
}

const OF_6_1: Readonly<Record<string, string>> = {
  'crypto/asymmetric_keys/verify_pefile.c': 'CVE-2026-64544',
  'fs/autofs/inode.c': 'autofs: fix sbi->pipe file reference leak in autofs_kill_sb()',
  'fs/btrfs/block-group.c': 'CVE-2025-22115',
  'fs/btrfs/dev-replace.c': 'CVE-2026-98245',
  'fs/btrfs/scrub.c': 'CVE-2026-99067',
  'fs/btrfs/zoned.c': 'btrfs: protect sb_write_pointer() with invalidate lock',
  'fs/crypto/keysetup_v1.c': 'CVE-2026-68148',
  'fs/crypto/policy.c': 'CVE-2026-74595',
  'fs/dlm/lock.c': 'CVE-2026-43125',
  'fs/ext4/migrate.c': 'CVE-2026-93269',
  'fs/ext4/namei.c': 'CVE-2026-89787',
  'fs/ext4/orphan.c': 'CVE-2026-92494',
  'fs/ext4/xattr.c': 'CVE-2026-92503',
  'fs/fuse/cuse.c': 'fuse: fix device node leak in cuse_process_init_reply()',
  'fs/fuse/inode.c': 'CVE-2026-90139',
  'fs/jbd2/journal.c': 'jbd2: fix integer underflow in jbd2_journal_initialize_fast_commit()',
  'fs/nfsd/nfsfh.c': 'CVE-2026-89711',
  'fs/nfsd/nfsproc.c': 'CVE-2026-89697',
  'fs/proc/task_mmu.c': 'CVE-2025-39754',
  'fs/smb/client/smb1ops.c': 'CVE-2026-89633',
  'fs/sysfs/file.c': 'sysfs: clamp show() return value in sysfs_kf_read()',
  'fs/xfs/libxfs/xfs_sb.c': 'CVE-2026-99132',
  'fs/xfs/xfs_dquot.c': 'xfs: fix ilock leak on error in xfs_dq_get_next_id',
  'io_uring/rsrc.c': 'CVE-2024-53187',
  'kernel/audit_tree.c': 'CVE-2026-98862',
  'kernel/kprobes.c': 'CVE-2026-89988',
  'kernel/locking/rtmutex.c': 'CVE-2026-53163',
  'kernel/time/namespace.c': 'CVE-2026-93146',
  'kernel/time/time.c': 'time: Fix off-by-one in compat settimeofday() usec validation',
  'kernel/trace/trace_eprobe.c': 'tracing/eprobe: Fix exact system name matching in eprobe_dyn_event_match()',
  'kernel/watch_queue.c': 'CVE-2026-99179',
  'lib/assoc_array.c': 'assoc_array: trim the final shortcut word using the current chunk end',
  'lib/string.c': 'lib/string: fix memchr_inv() for large ranges',
  'lib/ucs2_string.c': 'CVE-2026-89726',
  'lib/xarray.c': 'xarray: honor XA_FLAGS_ACCOUNT in xas_split_alloc()',
  'mm/mempolicy.c': 'CVE-2024-56611',
  'mm/rmap.c': 'CVE-2026-98507',
  'net/bridge/br_stp_bpdu.c': 'bridge: check llc_mac_hdr_init() return value in br_send_bpdu()',
  'net/ceph/osd_client.c': 'CVE-2026-80557',
  'net/core/page_pool.c': 'CVE-2026-99127',
  'net/ipv4/fib_trie.c': 'CVE-2026-74289',
  'net/ipv6/exthdrs_core.c': 'ipv6: do not let ipv6_find_hdr() return an offset past the packet end',
  'net/ipv6/xfrm6_input.c': 'CVE-2026-89783',
  'net/ipv6/xfrm6_policy.c': 'CVE-2026-64580',
  'net/netfilter/nf_conntrack_irc.c': 'netfilter: nf_conntrack_irc: fix parse_dcc() off-by-one OOB read',
  'net/netfilter/xt_connmark.c': 'netfilter: xt_connmark: reject invalid shift parameters',
  'net/netfilter/xt_rateest.c': 'netfilter: xt_rateest: fix u64 truncation in xt_rateest_mt()',
  'net/sched/em_text.c': 'CVE-2026-98969',
  'net/sched/sch_netem.c': 'CVE-2026-31675',
  'net/sctp/auth.c': 'CVE-2026-68320',
  'net/sunrpc/xdr.c': 'CVE-2026-89551',
  'security/keys/key.c': 'CVE-2026-99245',
  'security/keys/keyctl_pkey.c': 'KEYS: fix overflow in keyctl_pkey_params_get_2()',
}

const OF_6_12: Readonly<Record<string, string>> = {
  'block/bdev.c': 'block: reject block device inodes with i_rdev == 0 in lookup_bdev()',
  'block/blk-stat.c': 'block/blk-stat: drain per-cpu callback stats over possible CPUs',
  'block/kyber-iosched.c': 'block/kyber-iosched: flush per-cpu latency buckets over possible CPUs',
  'fs/ext4/file.c': 'CVE-2026-92501',
  'fs/fuse/cuse.c': 'CVE-2026-90140',
  'kernel/bpf/arena.c': 'CVE-2026-93045',
  'kernel/cgroup/pids.c': 'cgroup/pids: Restore pids.events notifications in local mode',
  'kernel/entry/common.c': 'CVE-2026-89603',
  'kernel/futex/requeue.c': 'CVE-2026-90003',
  'kernel/power/wakelock.c': 'PM: sleep: Fix off-by-one in wakelocks number limit check',
  'kernel/ptrace.c': 'ptrace: refuse to change the signal mask of a user worker',
  'kernel/time/posix-cpu-timers.c': 'posix-cpu-timers: Fix pid refcount leak in do_cpu_nanosleep() signal path',
  'lib/buildid.c': 'lib/buildid: reject file offsets that do not fit in pgoff_t',
  'lib/string.c': 'lib/string: fix memchr_inv() for large ranges',
  'lib/ucs2_string.c': 'lib/ucs2_string.c: fix out-of-bounds read in ucs2_strnlen()',
  'mm/migrate_device.c': 'CVE-2026-89755',
  'net/bridge/br_mdb.c': 'net: bridge: mdb: restart port group walk after deletion',
  'net/bridge/br_stp_bpdu.c': 'bridge: check llc_mac_hdr_init() return value in br_send_bpdu()',
  'net/core/gro.c': "net: gro: don't chain linear parts larger than gso_size into frag_list",
  'net/core/skmsg.c': 'bpf, sockmap: Fix self-redirect copied_seq double-counting',
  'net/core/sock_map.c': 'bpf, sockmap: Reject max_entries > INT_MAX in sock_map_alloc',
  'net/ipv4/arp.c': 'net: arp: terminate device name before lookup',
  'net/ipv4/cipso_ipv4.c': 'cipso: adjust cached option offsets when removing CIPSO',
  'net/ipv4/ipip.c': 'ipip: fix skb leak in collect_md mode when metadata_dst allocation fails',
  'net/sched/em_text.c': 'net/sched: em_text: reject unterminated algo before autoload',
  'security/apparmor/mount.c': 'apparmor: fix auditing of mount binary data',
  'security/apparmor/policy_ns.c': 'apparmor: fix a use-after-free in aa_lookupn_ns()',
  'security/keys/process_keys.c': 'keys: Check the authorization payload in process keyring searches',
}

const listed = (byFile: Readonly<Record<string, string>>) =>
  Object.entries(byFile).map(([file, id]): LinuxFix => ({ id, file }))

/** By the line of the stable kernel. */
export const LINUX_FIXES: ReadonlyMap<string, readonly LinuxFix[]> = new Map([
  ['6.1', listed(OF_6_1)],
  ['6.12', listed(OF_6_12)],
])
