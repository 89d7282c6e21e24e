/**
 * Returns true if a thrown value says that the daemon does not know the caller: no token, or one that has ended.
 * @param {unknown} error
 * @returns {error is BeiddRefusal}
 */
export function isUnknownCaller(error: unknown): error is BeiddRefusal;
/**
 * Fault of the way to the daemon.
 * @typedef {keyof typeof import("./texts.js").CONNECTION_TEXTS} ConnectionCode
 * @typedef {import("./texts.js").Language} Language
 * @typedef {import("../types/openapi.js").components["schemas"]["Problem"]} Problem
 */
/** Error that can be shown to a person: {@link text} says what happened, {@link nextStep} what to do. */
export class BeiddError extends Error {
    /** @param {string} code @param {{ text: string, nextStep: string }} texts @param {ErrorOptions} [options] */
    constructor(code: string, { text, nextStep }: {
        text: string;
        nextStep: string;
    }, options?: ErrorOptions);
    /**
     * Stable code, for programs.
     * @type {string}
     */
    code: string;
    /** Sentence for people, in the client's language. */
    text: string;
    /** Sentence for people: the next thing to do. It is empty if the text says it. */
    nextStep: string;
}
/**
 * The daemon cannot be reached, or does not know this page.
 *
 * A browser hides from pages why a connection failed. {@link likely} then lists every code that fits what is known, the
 * likeliest first; {@link certain} is false.
 */
export class BeiddConnectionError extends BeiddError {
    /**
     * @param {ConnectionCode | readonly ConnectionCode[]} codes
     * @param {Language} language
     * @param {ErrorOptions} [options]
     */
    constructor(codes: ConnectionCode | readonly ConnectionCode[], language: Language, options?: ErrorOptions);
    /** Codes that fit what is known, the likeliest first, each with its texts. */
    likely: {
        text: "Het eID-programma (beidd) werkt niet op deze computer." | "Le programme eID (beidd) ne fonctionne pas sur cet ordinateur." | "Das eID-Programm (beidd) läuft nicht auf diesem Computer." | "The eID program (beidd) is not running on this computer." | "De browser laat deze pagina niet toe om het eID-programma op deze computer te bereiken." | "Le navigateur ne permet pas à cette page d’atteindre le programme eID de cet ordinateur." | "Der Browser erlaubt dieser Seite nicht, das eID-Programm auf diesem Computer zu erreichen." | "The browser does not let this page reach the eID program on this computer." | "De browser heeft nog geen toestemming gekregen om het eID-programma op deze computer te bereiken." | "Le navigateur n’a pas encore reçu l’autorisation d’atteindre le programme eID de cet ordinateur." | "Der Browser hat noch keine Erlaubnis, das eID-Programm auf diesem Computer zu erreichen." | "The browser has not yet been given permission to reach the eID program on this computer." | "De browser vertrouwt het certificaat van het eID-programma niet." | "Le navigateur ne fait pas confiance au certificat du programme eID." | "Der Browser vertraut dem Zertifikat des eID-Programms nicht." | "The browser does not trust the certificate of the eID program." | "Een ander programma gebruikt de poort van het eID-programma." | "Un autre programme occupe le port du programme eID." | "Ein anderes Programm belegt den Port des eID-Programms." | "Another program uses the port of the eID program." | "Iets op deze computer aanvaardt de verbinding, maar antwoordt niet." | "Quelque chose sur cet ordinateur accepte la connexion, mais ne répond pas." | "Etwas auf diesem Computer nimmt die Verbindung an, antwortet aber nicht." | "Something on this computer accepts the connection but does not answer." | "Deze pagina en het eID-programma op deze computer passen niet bij elkaar: hun versies verschillen." | "Cette page et le programme eID de cet ordinateur ne se comprennent pas : leurs versions diffèrent." | "Diese Seite und das eID-Programm auf diesem Computer passen nicht zusammen: Die Versionen sind verschieden." | "This page and the eID program on this computer do not fit together: their versions differ." | "Het eID-programma kent deze pagina niet, of niet meer." | "Le programme eID ne connaît pas cette page, ou plus." | "Das eID-Programm kennt diese Seite nicht oder nicht mehr." | "The eID program does not know this page, or no longer knows it." | "De toegang van deze pagina tot het eID-programma werd geweigerd." | "L’accès de cette page au programme eID a été refusé." | "Der Zugang dieser Seite zum eID-Programm wurde abgelehnt." | "Access of this page to the eID program was refused." | "De vraag om toegang werd niet op tijd beantwoord." | "La demande d’accès n’a pas reçu de réponse à temps." | "Die Bitte um Zugang wurde nicht rechtzeitig beantwortet." | "The request for access was not answered in time." | "Deze pagina mag het eID-programma niet gebruiken, omdat ze niet via https geopend is." | "Cette page ne peut pas utiliser le programme eID, car elle n’est pas ouverte en https." | "Diese Seite darf das eID-Programm nicht benutzen, weil sie nicht über https geöffnet ist." | "This page may not use the eID program, because it was not opened over https." | "De verbinding met het eID-programma is verbroken voor er een antwoord was." | "La connexion avec le programme eID a été coupée avant la réponse." | "Die Verbindung zum eID-Programm brach ab, bevor eine Antwort kam." | "The connection to the eID program was lost before there was an answer.";
        nextStep: "Start het programma of laat het installeren, en probeer opnieuw." | "Démarrez le programme ou faites-le installer, puis réessayez." | "Starten Sie das Programm oder lassen Sie es installieren, und versuchen Sie es erneut." | "Start the program or have it installed, then try again." | "Klik op het pictogram links van het adres, sta „apps op dit apparaat” of „lokaal netwerk” toe, en laad de pagina opnieuw." | "Cliquez sur l’icône à gauche de l’adresse, autorisez « applications sur cet appareil » ou « réseau local », puis rechargez la page." | "Klicken Sie auf das Symbol links neben der Adresse, erlauben Sie „Apps auf dem Gerät“ oder „lokales Netzwerk“, und laden Sie die Seite neu." | "Click the icon to the left of the address, allow “apps on device” or “local network”, and reload the page." | "Probeer opnieuw en kies „Toestaan” wanneer de browser ernaar vraagt." | "Réessayez et choisissez « Autoriser » lorsque le navigateur le demande." | "Versuchen Sie es erneut und wählen Sie „Zulassen“, wenn der Browser fragt." | "Try again and choose “Allow” when the browser asks." | "Laat „beidctl tls install” uitvoeren, herstart de browser, en probeer opnieuw." | "Faites exécuter « beidctl tls install », redémarrez le navigateur, puis réessayez." | "Lassen Sie „beidctl tls install“ ausführen, starten Sie den Browser neu, und versuchen Sie es erneut." | "Have “beidctl tls install” run, restart the browser, then try again." | "Verwittig uw informaticadienst: sluit dat programma af en herstart beidd." | "Avertissez votre service informatique : fermez ce programme et redémarrez beidd." | "Benachrichtigen Sie Ihre IT-Abteilung: das Programm beenden und beidd neu starten." | "Tell your IT department: end that program and restart beidd." | "Herstart het eID-programma (beidd) en probeer opnieuw." | "Redémarrez le programme eID (beidd), puis réessayez." | "Starten Sie das eID-Programm (beidd) neu, und versuchen Sie es erneut." | "Restart the eID program (beidd), then try again." | "Laat het eID-programma bijwerken of laad de pagina opnieuw." | "Faites mettre à jour le programme eID ou rechargez la page." | "Lassen Sie das eID-Programm aktualisieren oder laden Sie die Seite neu." | "Have the eID program updated, or reload the page." | "Vraag opnieuw toegang en bevestig in het venster van het eID-programma." | "Demandez à nouveau l’accès et confirmez dans la fenêtre du programme eID." | "Bitten Sie erneut um Zugang und bestätigen Sie im Fenster des eID-Programms." | "Ask for access again, and confirm in the window of the eID program." | "Was dat niet de bedoeling, vraag dan opnieuw toegang." | "Si ce n’était pas voulu, demandez à nouveau l’accès." | "War das nicht beabsichtigt, bitten Sie erneut um Zugang." | "If that was not intended, ask for access again." | "Vraag opnieuw toegang en kijk of er een venster openstaat." | "Demandez à nouveau l’accès et vérifiez si une fenêtre est ouverte." | "Bitten Sie erneut um Zugang und achten Sie auf ein offenes Fenster." | "Ask for access again, and look for an open window." | "Open de pagina met een adres dat met https:// begint." | "Ouvrez la page avec une adresse qui commence par https://." | "Öffnen Sie die Seite mit einer Adresse, die mit https:// beginnt." | "Open the page with an address that begins with https://." | "Kijk eerst of de handeling is uitgevoerd, en probeer dan opnieuw." | "Vérifiez d’abord si l’opération a eu lieu, puis réessayez." | "Prüfen Sie zuerst, ob der Vorgang ausgeführt wurde, und versuchen Sie es dann erneut." | "First check whether the action was carried out, then try again.";
        code: "notRunning" | "permissionDenied" | "permissionNotAsked" | "certificateNotTrusted" | "anotherProgram" | "notAnswering" | "anotherVersion" | "notPaired" | "pairingRefused" | "pairingExpired" | "pageNotAllowed" | "connectionLost";
    }[];
    /** True if no other code fits. */
    get certain(): boolean;
}
/** The daemon refused a call. `code` is one of the codes of its interface: `pin-incorrect`, `user-declined`, `no-card`. */
export class BeiddRefusal extends BeiddError {
    /** @param {Problem} problem @param {number} [retryAfter] */
    constructor(problem: Problem, retryAfter?: number);
    /** HTTP status. */
    status: number;
    /** True if the same call may succeed a little later, with nothing changed. */
    retriable: boolean;
    /** PIN tries left, after a wrong PIN. */
    triesLeft: number | undefined;
    /** Seconds after which the call is worth repeating, if the daemon says so. */
    retryAfter: number | undefined;
    /** The error as the daemon sent it (RFC 9457). */
    problem: {
        type: string;
        title: string;
        status: number;
        detail: string;
        code: "invalid-request" | "token-missing" | "token-invalid" | "token-expired" | "origin-not-paired" | "scope-missing" | "user-declined" | "user-timeout" | "policy-denied" | "pin-incorrect" | "pin-blocked" | "not-found" | "method-not-allowed" | "not-acceptable" | "no-card" | "several-cards" | "wrong-card" | "operation-in-progress" | "idempotency-mismatch" | "card-removed" | "too-large" | "unsupported-media-type" | "wrong-host" | "unsupported-card" | "unsupported-algorithm" | "certificate-missing" | "certificate-not-valid" | "invalid-national-number" | "patient-mismatch" | "period-not-allowed" | "proof-not-allowed" | "reading-not-allowed" | "no-official-text" | "card-expired" | "malformed-card-data" | "identity-not-authentic" | "card-busy" | "too-many-requests" | "internal" | "card-error" | "evidence-unavailable" | "pcsc-unavailable" | "pcsc-not-authorised" | "no-reader";
        retriable: boolean;
        triesLeft?: number;
        retryAfter?: number;
        document?: import("../types/openapi.js").components["schemas"]["LeftOutDocument"];
    };
}
/**
 * Fault of the way to the daemon.
 */
export type ConnectionCode = keyof typeof import("./texts.js").CONNECTION_TEXTS;
/**
 * Fault of the way to the daemon.
 */
export type Language = import("./texts.js").Language;
/**
 * Fault of the way to the daemon.
 */
export type Problem = import("../types/openapi.js").components["schemas"]["Problem"];
