// Every word of the inbox.

import { count } from "../chat/texts.js";

export { count };

const HOUR = 3600;
const DAY = 24 * HOUR;

const minutesName = (number) => count(number, "минуту", "минуты", "минут");
const hoursName = (number) => count(number, "час", "часа", "часов");
const daysName = (number) => count(number, "день", "дня", "дней");

/** How long, short: «4 мин», «2 ч 10 мин», «3 дн.» */
export function shortTime(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (seconds < HOUR) {
    return minutes < 1 ? "меньше мин" : `${minutes}\u00a0мин`;
  }
  if (seconds < DAY) {
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)}\u00a0ч${rest ? ` ${rest}\u00a0мин` : ""}`;
  }
  return `${Math.floor(seconds / DAY)}\u00a0дн.`;
}

/** How long, in whole words: «4 минуты». */
export function longTime(seconds) {
  if (seconds < HOUR) {
    return seconds < 60 ? "меньше минуты" : minutesName(Math.floor(seconds / 60));
  }
  return seconds < DAY
    ? hoursName(Math.floor(seconds / HOUR))
    : daysName(Math.floor(seconds / DAY));
}

export const T = {
  inbox: "Чат",
  list: "Диалоги",
  queues: "Очередь",
  queue: {
    waiting: "Ждут ответа",
    mine: "Мои",
    unassigned: "Свободные",
    open: "Все открытые",
    closed: "Закрытые",
  },
  common: "Общий диалог",
  search: "Поиск: слова, номер, имя, почта",
  searchClear: "Очистить поиск",
  searchNothing: "Ничего не нашлось. Проверьте слова или поищите по номеру диалога.",
  searchHits: "В сообщениях",
  searchPeople: "Диалоги",
  filters: "Отбор",
  filterOperator: "Оператор",
  filterTopic: "Тема",
  filterPage: "Страница сайта",
  filterPageHint: "Например, /analizy/ttg/",
  filterAny: "любой",
  filterAnyTopic: "любая",
  filterApply: "Отобрать",
  filterReset: "Сбросить",
  filtered: "Список отобран",
  more: "Показать ещё",
  loading: "Загружаем…",
  empty: {
    waiting: "Никто не ждёт. Все ответы даны.",
    mine: "У вас нет открытых диалогов.",
    unassigned: "Свободных диалогов нет.",
    open: "Открытых диалогов нет.",
    closed: "Закрытых диалогов ещё нет.",
  },
  emptyFiltered: "По этому отбору ничего нет.",
  nobody: "Пациент",
  number: (number) => `#${number}`,
  waits: (time) => `ждёт ${time}`,
  unread: (number) =>
    count(number, "непрочитанное сообщение", "непрочитанных сообщения", "непрочитанных сообщений"),
  draft: "Черновик",
  noteWord: "Заметка",
  deleted: "Сообщение удалено",
  you: "Вы",

  choose: "Выберите диалог слева",
  chooseHint: "Дольше всех ждущий стоит первым. Клавиша «?» покажет сочетания клавиш.",
  back: "К списку",
  talk: "Разговор",
  messages: "Сообщения",
  open: "открыт",
  closed: "закрыт",
  free: "свободен",
  takenBy: (name) => `ведёт ${name}`,
  takenByMe: "ведёте вы",
  take: "Взять себе",
  takeOver: "Забрать себе",
  takeOverSure: (name) => `Диалог ведёт ${name}. Забрать его себе?`,
  handOver: "Передать",
  handOverTitle: "Кому передать диалог?",
  giveBack: "Сделать свободным",
  close: "Закрыть",
  closeSure: "Пациент ждёт ответа. Закрыть диалог без ответа?",
  closeYes: "Закрыть без ответа",
  reopen: "Открыть снова",
  info: "Пациент",
  infoShow: "Показать сведения о пациенте",
  infoHide: "Скрыть сведения о пациенте",
  actions: "Действия",
  older: "Показать более ранние",
  newest: "К новым сообщениям",
  newLine: "Новые сообщения",
  mergedHere: (numbers) => `Сюда перенесены: ${numbers}`,
  commonHint:
    "Общий диалог видят только операторы: сюда приходят сообщения без номера из ВКонтакте.",

  states: {
    sending: "отправляется",
    waiting: "ждёт связи",
    sent: "отправлено",
    delivered: "доставлено",
    read: "прочитано",
    failed: "не отправлено",
  },
  delivery: { pending: "отправляется в ВК", sent: "отправлено в ВК", failed: "не дошло до ВК" },
  edited: "изменено",
  edit: "Изменить",
  remove: "Удалить",
  removeSure: "Удалить это сообщение? Пациент тоже перестанет его видеть.",
  removeSureVk: "Удалить это сообщение? На сайте его не станет, в ВК оно останется, если уже ушло.",
  removeNoteSure: "Удалить эту заметку?",
  resend: "Отправить ещё раз",
  mend: "Исправить",
  takeBack: "Убрать",
  sendAnyway: "Отправить всё равно",
  failed: "Не отправлено.",
  noteTag: "Заметка, пациент её не видит",
  replyTag: "Ответ пациенту",
  download: "Скачать: ",

  typing: (name) => `${name} печатает…`,
  patientTypes: "Пациент печатает…",
  looking: (names) => `Сейчас смотрит: ${names}`,
  answered: (name) => `${name} ответил(а), пока вы писали:`,
  answeredSeen: "Понятно",

  compose: "Что вы пишете",
  modeReply: "Ответ пациенту",
  modeNote: "Заметка",
  replyLabel: "Ответ пациенту",
  noteLabel: "Заметка для коллег. Пациент её не увидит",
  replyPlaceholder: "Ответ увидит пациент",
  notePlaceholder: "Заметку увидят только операторы",
  sendReply: "Отправить ответ",
  sendNote: "Сохранить заметку",
  canned: "Готовые ответы",
  cannedSearch: "Название или сокращение",
  cannedNothing: "Такого готового ответа нет.",
  cannedEdit: "Изменить готовые ответы",
  content: "Услуга или страница сайта",
  contentSearch: "Что вставить: услуга, страница",
  contentNothing: "На сайте такого не нашлось.",
  contentHint: "Название вставится с ценой, сроком и ссылкой.",
  attach: "Прикрепить файл",
  fileRemove: (name) => `Убрать файл: ${name}`,
  fileLoading: (name, percent) => `${name}: загружено ${percent} %`,
  fileMany: (number) => `Не больше ${number} файлов в одном сообщении.`,
  fileLarge: "Файл больше 10 МБ.",
  fileWait: "Файл ещё загружается.",
  tooLong: (number) => `Слишком длинно: лишних знаков ${number}.`,
  closedHint: "Диалог закрыт. Ответ откроет его снова.",
  blockedHint: (until) => `Пациент заблокирован до ${until}.`,
  closedBefore: "Диалог закрыт",

  contact: "Как обращаться",
  email: "Почта",
  account: "Учётная запись",
  none: "не указано",
  topic: "Тема",
  page: "Со страницы",
  channel: "Откуда пишет",
  channels: { site: "с сайта", vk: "ВКонтакте" },
  begun: "Начат",
  seen: "Был на сайте",
  consent: "Согласие",
  consentLine: (version, at) => `версия ${version} · ${at}`,
  ratings: "Оценки",
  ratingLine: (score) => `${score} из 5`,
  waitsTitle: "Как долго ждал",
  waitLine: (time) => `ждал ${time}`,
  waitMissed: "без ответа",
  blocked: "Заблокирован",
  block: "Заблокировать",
  unblock: "Снять блокировку",
  merge: "Объединить с другим диалогом",
  samePage: "Все диалоги с этой страницы",

  blockTitle: "Заблокировать пациента",
  blockWho: "Кого",
  blockThread: "этот диалог",
  blockNetwork: "всю сеть, откуда пишет (все за этим адресом)",
  blockFor: "На сколько",
  blockTimes: { 1: "на час", 24: "на сутки", 168: "на неделю", 720: "на 30 дней", 8760: "на год" },
  blockReason: "Почему",
  mergeTitle: "Объединить диалоги",
  mergeInto: "Номер диалога, в который перенести сообщения",
  mergeLook: "Проверить",
  mergeSure: (from, into, name) =>
    `Все сообщения диалога #${from} перейдут в диалог #${into} (${name}), и его пациент увидит их. ` +
    `Если у обоих диалогов есть своё устройство пациента, устройство диалога #${from} переписку ` +
    `потеряет; если его нет у #${into}, оно перейдёт к нему. ` +
    "Отменить это нельзя.",
  mergeYes: "Объединить",
  cancel: "Отменить",
  yes: "Да",
  save: "Сохранить",
  ok: "Понятно",
  closeDialog: "Закрыть окно",
  actionFailed: "Не получилось. Проверьте связь и попробуйте ещё раз.",

  lost: "Связь с сервером прервалась. Сообщения отправятся, когда она вернётся.",
  signedOut: "Вы вышли из системы. Написанное сохранено.",
  signIn: "Войти",
  unsent: (number) =>
    `Не отправлено: ${count(number, "сообщение", "сообщения", "сообщений")}.`,
  unsentShow: "Показать",
  mute: "Браузер не даст услышать новые сообщения: нажмите",
  muteButton: "Включить звук",

  help: "Клавиши",
  helpTitle: "Сочетания клавиш",
  helpSwitch: "Однобуквенные сочетания включены",
  helpNote: "Работают и при русской раскладке, когда курсор не в поле ввода.",
  keys: [
    ["J / K", "следующий и предыдущий диалог в списке"],
    ["↑ / ↓", "то же, когда выбран диалог в списке"],
    ["Enter", "открыть выбранный диалог"],
    ["R", "ответить"],
    ["N", "написать заметку"],
    ["A", "взять диалог себе"],
    ["H", "передать диалог"],
    ["E", "закрыть или открыть диалог снова"],
    ["I", "показать или скрыть сведения о пациенте"],
    ["U", "к списку"],
    ["/", "поиск; в пустом поле ответа — готовые ответы"],
    ["1 … 5", "очереди по порядку"],
    ["Enter в поле", "отправить; Shift + Enter — новая строка"],
    ["Esc", "из поля ввода к разговору"],
    ["?", "эта подсказка"],
  ],

  alerts: "Уведомления",
  alertsTitle: "Слышны ли новые сообщения?",
  alertSound: "Звук",
  alertSoundOn: "включён, браузер разрешает",
  alertSoundOff: "выключен вами",
  alertSoundMuted: "браузер не даст его услышать, пока вы не нажмёте на кнопку",
  alertSoundMissing: "этот браузер не умеет",
  alertSoundTest: "Проверить звук",
  alertSoundHint: "Не слышно? Проверьте громкость компьютера и не отключён ли звук вкладки.",
  alertSoundSwitch: "Звук при новом сообщении",
  alertDesktop: "Уведомления на экране",
  alertDesktopStates: {
    granted: "разрешены",
    default: "браузер ещё не спросил вас",
    denied: "запрещены в браузере: разрешите их для этого сайта в настройках (значок у адреса)",
    missing: "этот браузер их не показывает, или сайт открыт не по https",
    off: "выключены вами",
  },
  alertDesktopAsk: "Разрешить",
  alertDesktopTest: "Показать пробное",
  alertDesktopSwitch: "Показывать уведомления",
  alertTestTitle: "Проверка",
  alertTestBody: "Так выглядит уведомление чата.",
  alertLink: "Связь",
  alertLinks: {
    sse: "новости приходят сразу",
    ws: "новости приходят сразу",
    poll: "новости приходят с задержкой до 5 секунд",
    none: "связи нет",
    other: "новости передаёт другая вкладка чата",
  },
  alertStorage: "Память браузера",
  alertStorageOk: "неотправленное переживёт перезагрузку",
  alertStorageBad: "браузер ничего не хранит: неотправленное пропадёт при перезагрузке",
  newMessage: (number) => `Чат: новое сообщение, #${number}`,
  newWaiting: "Пациент ждёт ответа.",
  reports: "Отчёты",
};
