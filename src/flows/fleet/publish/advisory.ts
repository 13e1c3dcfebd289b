/**
 * An advisory for one fix, as CSAF 2.0: which base is fixed without a reboot by which payload, which is not and why.
 *
 * Worse mistake: a base that is called fixed, or not affected, and is. So "fixed" is what has a payload that fits in its order;
 * "not affected" only where the fleet's file says so; what nobody judged is under investigation.
 */
import type { FleetCell, FleetIndexFix } from '../../../report/fleet-index.ts'
import type { BaseUpdates, Publication, PublishedPayload } from './model.ts'

interface OnBase extends Pick<BaseUpdates, 'base' | 'buildId'> {
  readonly id: string
  readonly cell: FleetCell
  readonly payload: PublishedPayload | undefined
  /** Why there is none that can be used. */
  readonly why: string
}

/** The file's name is what CSAF makes of `document.tracking.id`. */
export function advisoryFile({ name }: FleetIndexFix): string {
  return `advisories/${name.toLowerCase().replace(/[^+\-a-z0-9]+/g, '_')}.json`
}

export function advisoryOf(fix: FleetIndexFix, publication: Publication) {
  const { publisher, date, version } = publication
  const bases = basesOf(fix, publication)
  const title = [fix.name, ...fix.ids.filter(id => id !== fix.name)].join(', ')
  return {
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      publisher: { category: 'vendor', ...publisher },
      title: `Hotpatches for ${title}`,
      tracking: {
        id: fix.name,
        status: 'final',
        version: '1',
        initial_release_date: date,
        current_release_date: date,
        revision_history: [{ number: '1', date, summary: 'First version' }],
        generator: { engine: { name: 'hotsplice', version } },
      },
      notes: bases.map(noteOf),
    },
    product_tree: productTree(bases),
    vulnerabilities: namesOf(fix).map(name => ({
      ...name,
      notes: [{ category: 'summary', text: `What ${fix.name} fixes, as the patches of it say.` }],
      product_status: statusOf(bases),
      ...rows('remediations', remediationsOf(bases)),
      ...rows('threats', threatsOf(bases)),
    })),
  }
}

/** CSAF wants no empty lists. */
function rows<T>(name: string, list: readonly T[]): Readonly<Record<string, readonly T[]>> {
  return list.length === 0 ? {} : { [name]: list }
}

function basesOf(fix: FleetIndexFix, { bases, index }: Publication): OnBase[] {
  return bases.flatMap(({ base, buildId, payloads, lacking }, at) => {
    const cell = index.cells.find(each => each.base === base.name && each.fix === fix.name)
    if (cell === undefined) return []
    const payload = payloads.find(each => each.fix.name === fix.name)
    const lack = lacking.find(each => each.fix === fix.name)
    return [
      {
        base,
        buildId,
        id: `HV-${at + 1}`,
        cell,
        payload,
        why: lack === undefined ? cell.text : `${lack.text} [${lack.code}]`,
      },
    ]
  })
}

/** What a reader wants to know of each base, and what was left out of its payload. */
function noteOf({ base, buildId, payload, why }: OnBase) {
  const left = payload?.report.leftInit.map(({ unit, name }) => `${unit} ${name}`) ?? []
  const leftOut = left.length === 0 ? '' : ` Left out, as code of boot time that has run: ${left.join(', ')}.`
  const text =
    payload === undefined
      ? `${base.name} (build-id ${buildId}): ${why}`
      : `${base.name} (build-id ${buildId}): payload ${payload.name}, SHA-256 ${payload.sha256}, number ${payload.at} in its order.${leftOut}`
  return { category: 'details', title: base.name, text }
}

const patched = (id: string) => `${id}-HP`
const installed = (id: string) => `${id}-FIXED`

function productTree(bases: readonly OnBase[]) {
  const with_ = bases.filter(({ payload }) => payload !== undefined)
  return {
    full_product_names: [
      ...bases.map(({ id, base, buildId }) => ({
        product_id: id,
        name: `${base.name} (build-id ${buildId})`,
        product_identification_helper: {
          x_generic_uris: [{ namespace: 'urn:hotsplice:build-id', uri: `urn:hotsplice:build-id:${buildId}` }],
        },
      })),
      ...with_.map(({ id, base, payload }) => ({
        product_id: patched(id),
        name: `hotpatch ${payload?.fix.name} for ${base.name}`,
        product_identification_helper: {
          hashes: [{ filename: payload?.name, file_hashes: [{ algorithm: 'sha256', value: payload?.sha256 }] }],
        },
      })),
    ],
    ...rows(
      'relationships',
      with_.map(({ id, base, payload }) => ({
        category: 'installed_on',
        full_product_name: { product_id: installed(id), name: `${base.name} with hotpatch ${payload?.fix.name}` },
        product_reference: patched(id),
        relates_to_product_reference: id,
      })),
    ),
  }
}

/** One for each CVE; what else it goes by is told with each. */
function namesOf({ name, ids }: FleetIndexFix) {
  const isCve = (id: string) => /^CVE-\d{4}-\d{4,}$/.test(id)
  const cves = ids.filter(isCve)
  const others = ids.filter(id => !isCve(id)).map(text => ({ system_name: text.replace(/-.*$/, ''), text }))
  const named = others.length === 0 ? [{ system_name: 'fix', text: name }] : others
  return cves.length === 0 ? [{ ids: named }] : cves.map(cve => (others.length === 0 ? { cve } : { cve, ids: named }))
}

const isUnaffected = ({ cell }: OnBase) => cell.outcome === 'not-affected'
/** The compiler makes the same of both texts there, which says nothing of other ways to be affected. */
const isOpen = ({ cell }: OnBase) => ['nothing-to-do', 'not-done', 'error'].includes(cell.outcome)

function statusOf(bases: readonly OnBase[]) {
  const affected = bases.filter(base => !isUnaffected(base) && !isOpen(base))
  const ids = (list: readonly OnBase[]) => list.map(({ id }) => id)
  return {
    ...rows('known_affected', ids(affected)),
    ...rows('known_not_affected', ids(bases.filter(isUnaffected))),
    ...rows('under_investigation', ids(bases.filter(isOpen))),
    ...rows('fixed', ids(affected.filter(({ payload }) => payload !== undefined)).map(installed)),
  }
}

function remediationsOf(bases: readonly OnBase[]) {
  return bases
    .filter(base => !isUnaffected(base) && !isOpen(base))
    .map(({ id, base, payload, why }) =>
      payload === undefined
        ? { category: 'none_available', details: `There is no hotpatch for ${base.name}: ${why}`, product_ids: [id] }
        : {
            category: 'vendor_fix',
            details: `Apply the hotpatch ${payload.folder}/${payload.name}; no reboot is needed.`,
            product_ids: [id],
            restart_required: { category: 'none' },
          },
    )
}

function threatsOf(bases: readonly OnBase[]) {
  return bases.filter(isUnaffected).map(({ id, why }) => ({ category: 'impact', details: why, product_ids: [id] }))
}
