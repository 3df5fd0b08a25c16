/** What a result was measured on, without which it says nothing. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

export type Machine = {
  cpu: string
  cores: number
  memoryGb: number
  kernel: string
  node: string
  server: string
  /** Names and versions of what competes, as pinned. */
  peers: string
}

const PEERS: [package_: string, name: string][] = [
  ['connectorx', 'ConnectorX'],
  ['pyarrow', 'pyarrow'],
  ['dlt', 'dlt'],
  ['duckdb', 'DuckDB'],
  ['sling-linux-amd64', 'Sling'],
]

/** `ConnectorX 0.4.6, …` from the lines of a requirements file. */
export const peersIn = (requirements: string): string =>
  PEERS.flatMap(([name, label]) => {
    const version = new RegExp(`^${name}==([^;\\s]+)`, 'm').exec(requirements)?.[1]
    return version ? [`${label} ${version}`] : []
  }).join(', ')

/** This machine. `server`: what the database server said its version is. */
export const thisMachine = (server: string, requirements: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1024 ** 3),
  kernel: `${type()} ${release()}`,
  node: process.version,
  server,
  peers: peersIn(readFileSync(requirements, 'utf8')),
})

/** One line of it. */
export const machineText = ({ cpu, cores, memoryGb, kernel, node, server, peers }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; Node ${node}, server ${server}; ${peers}`
