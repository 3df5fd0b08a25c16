/** Where Olist's customers live: states with their share and range of postal codes, cities with their share of the state. */

type City = { name: string; state: string; latitude: number; longitude: number; share: number }
export type State = { state: string; customers: number; firstZip: number; lastZip: number }

/** Customers by state as in the real data; the first five digits of postal codes as the post office gives them out. */
export const STATES: State[] = [
  { state: 'SP', customers: 41_746, firstZip: 1001, lastZip: 19_999 },
  { state: 'RJ', customers: 12_852, firstZip: 20_010, lastZip: 28_999 },
  { state: 'ES', customers: 2033, firstZip: 29_010, lastZip: 29_999 },
  { state: 'MG', customers: 11_635, firstZip: 30_110, lastZip: 39_999 },
  { state: 'BA', customers: 3380, firstZip: 40_010, lastZip: 48_999 },
  { state: 'SE', customers: 350, firstZip: 49_010, lastZip: 49_999 },
  { state: 'PE', customers: 1652, firstZip: 50_010, lastZip: 56_999 },
  { state: 'AL', customers: 413, firstZip: 57_010, lastZip: 57_999 },
  { state: 'PB', customers: 536, firstZip: 58_010, lastZip: 58_999 },
  { state: 'RN', customers: 485, firstZip: 59_010, lastZip: 59_999 },
  { state: 'CE', customers: 1336, firstZip: 60_010, lastZip: 63_999 },
  { state: 'PI', customers: 495, firstZip: 64_000, lastZip: 64_999 },
  { state: 'MA', customers: 747, firstZip: 65_010, lastZip: 65_999 },
  { state: 'PA', customers: 975, firstZip: 66_010, lastZip: 68_899 },
  { state: 'AP', customers: 68, firstZip: 68_900, lastZip: 68_999 },
  { state: 'AM', customers: 148, firstZip: 69_005, lastZip: 69_299 },
  { state: 'RR', customers: 46, firstZip: 69_301, lastZip: 69_399 },
  { state: 'AC', customers: 81, firstZip: 69_900, lastZip: 69_999 },
  { state: 'DF', customers: 2140, firstZip: 70_002, lastZip: 72_799 },
  { state: 'GO', customers: 2020, firstZip: 72_800, lastZip: 76_799 },
  { state: 'RO', customers: 253, firstZip: 76_801, lastZip: 76_999 },
  { state: 'TO', customers: 280, firstZip: 77_001, lastZip: 77_999 },
  { state: 'MT', customers: 907, firstZip: 78_005, lastZip: 78_899 },
  { state: 'MS', customers: 715, firstZip: 79_002, lastZip: 79_999 },
  { state: 'PR', customers: 5045, firstZip: 80_010, lastZip: 87_999 },
  { state: 'SC', customers: 3637, firstZip: 88_010, lastZip: 89_999 },
  { state: 'RS', customers: 5466, firstZip: 90_010, lastZip: 99_999 },
]

const CITIES_BY_STATE: Record<string, [name: string, latitude: number, longitude: number, share: number][]> = {
  SP: [
    ['São Paulo', -23.5505, -46.6333, 155],
    ['Osasco', -23.5329, -46.7917, 9],
    ['Guarulhos', -23.4543, -46.5337, 12],
    ['Mogi das Cruzes', -23.5208, -46.1854, 5],
    ['Santo André', -23.6639, -46.5383, 8],
    ['São Caetano do Sul', -23.6229, -46.5548, 3],
    ['São Bernardo do Campo', -23.6914, -46.5646, 9],
    ['Diadema', -23.6813, -46.6205, 3],
    ['Santos', -23.9608, -46.3336, 7],
    ['São Vicente', -23.9608, -46.3922, 3],
    ['Guarujá', -23.9935, -46.2564, 2],
    ['São José dos Campos', -23.2237, -45.9009, 7],
    ['Taubaté', -23.0204, -45.5558, 3],
    ['Campinas', -22.9099, -47.0626, 14],
    ['Jundiaí', -23.1857, -46.8978, 6],
    ['Piracicaba', -22.7338, -47.6476, 4],
    ['Limeira', -22.5641, -47.4017, 3],
    ['Araraquara', -21.7845, -48.178, 2],
    ['São Carlos', -22.0175, -47.891, 2],
    ['Ribeirão Preto', -21.1775, -47.8103, 5],
    ['São José do Rio Preto', -20.8113, -49.3758, 3],
    ['Bauru', -22.3246, -49.0871, 3],
    ['Marília', -22.2171, -49.9501, 2],
    ['Sorocaba', -23.5015, -47.4526, 6],
    ['Presidente Prudente', -22.1207, -51.3925, 2],
  ],
  RJ: [
    ['Rio de Janeiro', -22.9068, -43.1729, 69],
    ['Niterói', -22.8832, -43.1034, 9],
    ['São Gonçalo', -22.8268, -43.0634, 4],
    ['Duque de Caxias', -22.7858, -43.3049, 3],
    ['Petrópolis', -22.5112, -43.1779, 2],
    ['Volta Redonda', -22.5202, -44.0996, 2],
    ['Macaé', -22.3768, -41.7848, 2],
    ['Campos dos Goytacazes', -21.7545, -41.3244, 2],
    ['Armação dos Búzios', -22.7528, -41.8846, 1],
  ],
  ES: [
    ['Vitória', -20.3155, -40.3128, 4],
    ['Vila Velha', -20.3477, -40.2949, 4],
    ['Serra', -20.121, -40.3074, 3],
    ['Cachoeiro de Itapemirim', -20.8462, -41.1198, 1],
  ],
  MG: [
    ['Belo Horizonte', -19.9167, -43.9345, 28],
    ['Contagem', -19.932, -44.0539, 4],
    ['Betim', -19.9668, -44.2008, 2],
    ['Governador Valadares', -18.8545, -41.9555, 1],
    ['Ipatinga', -19.4703, -42.5476, 2],
    ['Juiz de Fora', -21.7595, -43.3398, 4],
    ['Poços de Caldas', -21.7799, -46.5692, 1],
    ['Uberlândia', -18.9141, -48.2749, 4],
    ['Uberaba', -19.7472, -47.9381, 2],
    ['Montes Claros', -16.7286, -43.8582, 2],
  ],
  BA: [
    ['Salvador', -12.9777, -38.5016, 12],
    ['Lauro de Freitas', -12.8978, -38.321, 2],
    ['Feira de Santana', -12.2664, -38.9663, 3],
    ['Ilhéus', -14.7936, -39.0464, 1],
    ["Dias d'Ávila", -12.6083, -38.2926, 1],
    ['Vitória da Conquista', -14.8615, -40.8442, 2],
  ],
  SE: [
    ['Aracaju', -10.9472, -37.0731, 4],
    ['Nossa Senhora do Socorro', -10.8468, -37.1231, 1],
  ],
  PE: [
    ['Recife', -8.0476, -34.877, 6],
    ['Olinda', -8.0101, -34.8545, 1],
    ['Jaboatão dos Guararapes', -8.113, -35.015, 2],
    ['Caruaru', -8.284, -35.9699, 1],
    ['Petrolina', -9.3891, -40.5027, 1],
  ],
  AL: [
    ['Maceió', -9.6658, -35.735, 5],
    ['Arapiraca', -9.7515, -36.6604, 1],
  ],
  PB: [
    ['João Pessoa', -7.1195, -34.845, 4],
    ['Campina Grande', -7.2219, -35.8731, 2],
  ],
  RN: [
    ['Natal', -5.7945, -35.211, 4],
    ['Mossoró', -5.1878, -37.3441, 1],
  ],
  CE: [
    ['Fortaleza', -3.7172, -38.5434, 8],
    ['Caucaia', -3.7372, -38.6609, 1],
    ['Juazeiro do Norte', -7.2131, -39.3151, 1],
    ['Sobral', -3.6861, -40.3482, 1],
  ],
  PI: [
    ['Teresina', -5.092, -42.8038, 4],
    ['Parnaíba', -2.9055, -41.7769, 1],
  ],
  MA: [
    ['São Luís', -2.5307, -44.3068, 4],
    ['Imperatriz', -5.5265, -47.4774, 2],
  ],
  PA: [
    ['Belém', -1.4558, -48.4902, 5],
    ['Ananindeua', -1.3659, -48.3886, 2],
    ['Santarém', -2.4385, -54.6996, 1],
    ['Marabá', -5.3687, -49.1178, 1],
  ],
  AP: [['Macapá', 0.0349, -51.0694, 1]],
  AM: [
    ['Manaus', -3.119, -60.0217, 9],
    ['Itacoatiara', -3.1431, -58.4442, 1],
  ],
  RR: [['Boa Vista', 2.8235, -60.6758, 1]],
  AC: [['Rio Branco', -9.974, -67.8076, 1]],
  DF: [
    ['Brasília', -15.7939, -47.8828, 9],
    ['Taguatinga', -15.8333, -48.0569, 1],
  ],
  GO: [
    ['Valparaíso de Goiás', -16.0651, -47.9757, 1],
    ['Goiânia', -16.6869, -49.2648, 8],
    ['Aparecida de Goiânia', -16.8198, -49.2469, 2],
    ['Anápolis', -16.3281, -48.953, 2],
  ],
  RO: [
    ['Porto Velho', -8.7608, -63.8999, 3],
    ['Ji-Paraná', -10.8777, -61.9322, 1],
  ],
  TO: [
    ['Palmas', -10.184, -48.3336, 3],
    ['Araguaína', -7.1911, -48.2044, 1],
  ],
  MT: [
    ['Cuiabá', -15.601, -56.0974, 4],
    ['Várzea Grande', -15.6458, -56.1322, 1],
    ['Rondonópolis', -16.4673, -54.6372, 1],
    ['Sinop', -11.8604, -55.5091, 1],
  ],
  MS: [
    ['Campo Grande', -20.4697, -54.6201, 5],
    ['Três Lagoas', -20.7849, -51.7007, 1],
    ['Dourados', -22.2231, -54.812, 1],
  ],
  PR: [
    ['Curitiba', -25.4284, -49.2733, 15],
    ['São José dos Pinhais', -25.5313, -49.2031, 3],
    ['Ponta Grossa', -25.0916, -50.1668, 2],
    ['Cascavel', -24.9578, -53.4595, 2],
    ['Foz do Iguaçu', -25.5163, -54.5854, 1],
    ['Londrina', -23.3045, -51.1696, 4],
    ['Maringá', -23.4205, -51.9333, 3],
  ],
  SC: [
    ['Florianópolis', -27.5949, -48.5482, 6],
    ['São José', -27.6136, -48.6366, 3],
    ['Balneário Camboriú', -26.9926, -48.6352, 2],
    ['Criciúma', -28.6775, -49.3697, 2],
    ['Blumenau', -26.9155, -49.0709, 3],
    ['Joinville', -26.3045, -48.8487, 5],
    ['Chapecó', -27.1004, -52.6152, 1],
    ["Herval d'Oeste", -27.1903, -51.4917, 1],
  ],
  RS: [
    ['Porto Alegre', -30.0346, -51.2177, 14],
    ['Canoas', -29.9128, -51.1857, 3],
    ['Novo Hamburgo', -29.6875, -51.1328, 2],
    ['Caxias do Sul', -29.1634, -51.1797, 3],
    ['Pelotas', -31.7654, -52.3376, 2],
    ['Santa Maria', -29.6868, -53.8149, 2],
    ['Passo Fundo', -28.2576, -52.4091, 1],
    ["Sant'Ana do Livramento", -30.8773, -55.5392, 1],
  ],
}

/** Cities in the order of their postal codes; `share` is what part of its state's customers a city has. */
export const CITIES: City[] = STATES.flatMap(({ state }) => {
  const cities = CITIES_BY_STATE[state] ?? []
  const whole = cities.reduce((sum, [, , , weight]) => sum + weight, 0)
  return cities.map(([name, latitude, longitude, weight]) => ({
    name: name.toLowerCase(),
    state,
    latitude,
    longitude,
    share: weight / whole,
  }))
})

/** `são paulo` → `sao paulo`: how customers and sellers are written in the real data. */
export const unaccented = (name: string): string => name.normalize('NFD').replaceAll(/\p{Mn}/gu, '')
