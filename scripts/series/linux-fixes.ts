/**
 * Fixes of linux-6.1.y that came after 6.1.176, which Debian ships: what each is called, and the file that it is in. Chosen by
 * reading Debian's changelog up to 6.1.192-3 beside what differs between both versions: files of which all that differs is one
 * named change. Where one had others in the same file, it was left out.
 */
export interface LinuxFix {
  /** The CVE where the changelog has one; else the subject. */
  readonly id: string
  readonly file: string
}

const BY_FILE: Readonly<Record<string, string>> = {
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

export const LINUX_FIXES: readonly LinuxFix[] = Object.entries(BY_FILE).map(([file, id]) => ({ id, file }))
