# Erreurs : titre, puis ce qui s'est passé et que faire.
invalid-request = La demande n'est pas correcte
invalid-request-detail = Une partie de la demande manque, est inconnue ou n'est pas ce qu'elle doit être.
token-missing = Un jeton est nécessaire
token-missing-detail = Envoyez le jeton dans l'en-tête Authorization, sous la forme «Bearer …».
token-invalid = Le jeton n'est pas valable
token-invalid-detail = Le jeton est inconnu, a été révoqué ou appartient à un autre site.
token-expired = Le jeton a expiré
token-expired-detail = Demandez un nouveau jeton.
origin-not-paired = Ce site n'est pas autorisé
origin-not-paired-detail = Ce site n'a pas reçu l'autorisation d'utiliser le lecteur de cartes de cet ordinateur.
scope-missing = Non autorisé
scope-missing-detail = Le jeton ne permet pas cela.
user-declined = Annulé
user-declined-detail = La personne devant l'ordinateur a annulé. Rien n'a été signé ni modifié.
user-timeout = Pas de réponse
user-timeout-detail = Personne n'a répondu à temps. Rien n'a été signé ni modifié ; réessayez.
policy-denied = Non autorisé ici
policy-denied-detail = Les réglages de cet ordinateur ne le permettent pas.
pin-incorrect = Code PIN incorrect
pin-incorrect-detail = Le code PIN est incorrect. Attention : après trois codes incorrects, la carte est bloquée.
pin-blocked = Code PIN bloqué
pin-blocked-detail = La carte est bloquée après trop de codes incorrects. La commune peut vous aider.
not-found = Introuvable
not-found-detail = Cela n'existe pas ici.
method-not-allowed = Méthode non autorisée
method-not-allowed-detail = Cette adresse n'accepte pas cette méthode.
not-acceptable = Format inexistant
not-acceptable-detail = Cela ne peut pas être fourni dans le format demandé.
no-card = Pas de carte
no-card-detail = Insérez la carte du patient dans le lecteur.
several-cards = Plusieurs cartes
several-cards-detail = Il y a plus d'une carte dans les lecteurs. Choisissez-en une, ou n'en laissez qu'une.
wrong-card = Mauvaise carte
wrong-card-detail = La carte dans le lecteur appartient à quelqu'un d'autre.
operation-in-progress = Une autre question est en cours
operation-in-progress-detail = Une question est déjà à l'écran. Répondez-y d'abord.
idempotency-mismatch = Clé déjà utilisée
idempotency-mismatch-detail = Cette Idempotency-Key a déjà servi pour une autre demande.
card-removed = Carte retirée
card-removed-detail = La carte a été retirée. Remettez-la et recommencez.
too-large = Trop grand
too-large-detail = La demande dépasse la taille permise.
unsupported-media-type = Format non pris en charge
unsupported-media-type-detail = Envoyez la demande en application/json.
wrong-host = Mauvais ordinateur
wrong-host-detail = Cette demande était destinée à un autre ordinateur.
unsupported-card = Carte inutilisable
unsupported-card-detail = Ce n'est pas une eID belge, ou ce logiciel ne peut pas l'utiliser. Est-elle insérée dans le bon sens ?
unsupported-algorithm = Impossible de signer ainsi
unsupported-algorithm-detail = Cette carte ne peut pas faire ce type de signature.
certificate-missing = Pas de certificat
certificate-missing-detail = Cette carte n'a pas de certificat de signature. Celles des enfants n'en ont jamais ; une preuve par lecture de la carte est possible.
certificate-not-valid = Certificat non valable
certificate-not-valid-detail = Le certificat nécessaire n'est pas valable aujourd'hui.
invalid-national-number = Numéro national incorrect
invalid-national-number-detail = Les chiffres de contrôle du numéro national ne correspondent pas.
patient-mismatch = Carte d'un autre patient
patient-mismatch-detail = La carte appartient à une autre personne que le patient de la demande.
period-not-allowed = Période non autorisée
period-not-allowed-detail = Cette période ne peut pas être enregistrée.
proof-not-allowed = Preuve impossible
proof-not-allowed-detail = Cette preuve ne peut pas être donnée ici.
card-expired = Carte non valable aujourd'hui
card-expired-detail = La carte a expiré ou n'est pas encore valable. Le patient a besoin d'une carte valable.
malformed-card-data = Données de la carte illisibles
malformed-card-data-detail = Une partie des données de la carte est endommagée.
identity-not-authentic = Authenticité non confirmée
identity-not-authentic-detail = Il n'est pas établi que le Registre national a écrit ces données. Rien n'a été signé.
card-busy = Carte occupée
card-busy-detail = Un autre programme utilise la carte. Réessayez dans un instant.
too-many-requests = Trop de demandes
too-many-requests-detail = Attendez un peu et réessayez.
internal = Un problème est survenu
internal-detail = Une erreur de ce logiciel ; le journal en dit plus.
card-error = La carte n'a pas bien répondu
card-error-detail = Retirez la carte, essuyez la puce, remettez-la et réessayez.
pcsc-unavailable = Pas de service de cartes
pcsc-unavailable-detail = Le service de cartes à puce (pcscd) n'est pas démarré ou ne répond pas. Démarrez-le : sudo systemctl start pcscd.socket
pcsc-not-authorised = Le service de cartes refuse
pcsc-not-authorised-detail = Le service de cartes à puce (pcscd) n'autorise pas ce programme.
no-reader = Pas de lecteur de cartes
no-reader-detail = Branchez un lecteur de cartes.

# Détails qui disent de quoi il s'agit.
detail-invalid-member = { $member } : { $reason }
detail-invalid-request = { $reason }
detail-pin-member = { $member } : un code PIN n'est jamais envoyé à ce service. On le tape sur le lecteur ou dans une fenêtre de cet ordinateur.
detail-idempotency-key = Idempotency-Key n'est pas encore pris en charge ; envoyez la demande sans elle.
detail-no-certificate-there = Cette carte n'a pas de certificat à la place de { $name }. Sur les cartes de jeunes enfants, un des certificats du titulaire manque, ou les deux.
detail-no-such-file = Cette carte n'a pas de fichier { $name }. Toutes les générations de cartes n'ont pas les mêmes.
detail-file-absent = Il manque sur cette carte le fichier { $name }, que toute carte d'identité possède. C'est peut-être une carte de test ou une carte endommagée ; demandez une autre pièce d'identité.
detail-no-such-card = Aucune carte ne porte ce numéro. Il change à chaque insertion : beidctl readers l'affiche.
detail-no-such-reader = Aucun lecteur ne porte ce numéro. Les lecteurs et leurs numéros : beidctl readers
detail-no-such-token = Aucun jeton ne s'appelle «{ $name }». Les jetons existants : beidctl token list
detail-no-such-certificate = Aucun certificat ne s'appelle «{ $name }». Les voici : { $names }.
detail-no-such-file-name = Aucun fichier ne s'appelle «{ $name }». Les voici : { $names }.
detail-no-such-operation = Aucune opération ne porte ce numéro, ou elle n'est pas à vous. Les résultats sont gardés dix minutes.
detail-token-taken = Un jeton «{ $name }» existe déjà. Choisissez un autre nom, ou révoquez celui-là : beidctl token revoke { $name }
detail-token-name = Le nom d'un jeton compte de 1 à 64 caractères, sans caractère de contrôle.
detail-card-field = Sur la carte, ce champ n'est pas correct : { $field } ({ $expected }).
detail-card-failure = { $cause }. Retirez la carte, essuyez la puce, remettez-la et réessayez.
detail-card-silent = La carte dans { $reader } ne répond pas. Retirez-la et réinsérez-la.
detail-card-silent-pin = La carte dans { $reader } n'a pas répondu au code PIN. On ne sait pas si elle a compté un essai. Retirez-la et réinsérez-la ; avant le prochain code PIN, le nombre d'essais restants vous est indiqué, si la carte le donne.
detail-no-card = Insérez la carte du patient dans un lecteur pour patients. Les lecteurs en ce moment : { $readers }.
detail-no-provider-card = Insérez la carte du prestataire de soins dans le lecteur qui lui est destiné. Les lecteurs en ce moment : { $readers }.
detail-several-cards = Il y a plus d'une carte. Dites laquelle, ou n'en laissez qu'une dans les lecteurs. Les lecteurs en ce moment : { $readers }.
reader-holds = { $reader }{ $role ->
        [provider] { " " }(pour la carte du prestataire de soins)
       *[other] { "" }
    }: { $card ->
        [empty] vide
        [reading] une carte en cours de lecture
        [unsupported] une carte qui n'est pas une eID belge
        [mute] une carte qui ne répond pas
        [busy] une carte utilisée par un autre programme
       *[other] une carte eID
    }
detail-pad-new-pins-differ = Les deux nouveaux codes PIN tapés sur le lecteur n'étaient pas les mêmes. Rien n'a été envoyé à la carte ; réessayez.
detail-pad-pin-length = Le code PIN tapé sur le lecteur était trop court ou trop long : un code PIN compte 4 à 12 chiffres. Rien n'a été envoyé à la carte ; réessayez.
detail-pad-refused = Le clavier de ce lecteur ne peut pas servir à cela. Rien n'a été envoyé à la carte ; utilisez un autre lecteur.
detail-wrong-pin = Le code PIN était incorrect. Essais restants : { $tries }. Ensuite, la carte est bloquée.
detail-new-pins-differ = Les deux nouveaux codes PIN n'étaient pas les mêmes. Rien n'a été envoyé à la carte ; le code PIN n'a pas changé.
detail-new-pin-refused = La carte n'accepte pas le nouveau code PIN. L'ancien reste valable ; choisissez-en un autre.
detail-no-pinentry = Aucun programme n'a été trouvé pour demander le code PIN. Installez pinentry, ou indiquez-en un dans les réglages.
detail-no-way-to-ask = La fenêtre du code PIN n'a pas pu être affichée sur cet ordinateur.
detail-asked-too-soon = Redemandé trop tôt : la fenêtre précédente a été refusée ou est restée sans réponse. Réessayez dans { $seconds } s.
detail-no-author = Aucun prestataire de soins n'est indiqué, et aucun n'est configuré pour ce cabinet ([provider] dans les réglages).
detail-signer-chain = Le certificat de signature n'est pas digne de confiance : { $cause }.
detail-signature-certificate-not-valid = Le certificat de signature de cette carte n'est pas valable aujourd'hui ; il l'est du { $from } au { $until }. Les données de la carte sont authentiques : une preuve par lecture de la carte est possible. Pour signer, il faut une nouvelle carte, à la commune.
detail-register-revoked = Le certificat du Registre national sur cette carte a été révoqué ({ $reason }). Demandez au patient une autre carte ou un autre document.
detail-signature-revoked = Le certificat de signature de cette carte a été révoqué ({ $reason }). Demandez au patient une autre carte ou un autre document.
detail-register-revocation-unknown = Il n'a pas été possible de vérifier si le certificat du Registre national sur cette carte est encore valable ({ $reason }). Réessayez plus tard.
detail-signature-revocation-unknown = Il n'a pas été possible de vérifier si le certificat de signature de cette carte est encore valable ({ $reason }). Réessayez plus tard.
detail-proof = { $reason }
detail-consent-no-certificate = Cette carte n'a pas de certificat pour signer : aucune carte n'en a avant le dix-huitième anniversaire. Demandez evidence «none», ou faites signer le prestataire de soins (signer «provider»).
detail-consent-wrong-provider = La carte qui signe doit être celle d'un prestataire de soins mentionné dans author par son numéro national, et non celle du patient.
detail-no-provider-reader = Aucun lecteur n'est réservé à la carte du prestataire de soins. Donnez ce rôle à un lecteur : beidctl readers role ID provider.

# Ce que dit beidctl lui-même : titres des erreurs, et ce que sont devenus les résultats.
ctl-usage = La ligne de commande n'est pas correcte
ctl-not-running = beidd ne fonctionne pas
ctl-not-running-detail = beidd ne fonctionne pas. Démarrez-le : systemctl --user start beidd, ou beidd dans un autre terminal.
ctl-file-unusable = Un fichier ne peut pas être utilisé
ctl-result-kept = Le résultat se trouve ailleurs
ctl-failed = Cela n'a pas abouti
ctl-kept-in-file = { $place } n'a pas pu être écrit : { $error }. Ce qui a été signé n'est pas perdu : c'est conservé dans { $kept }. Déplacez-le là où il doit être.
ctl-kept-here = { $place } n'a pas pu être écrit : { $error }. Aucun autre fichier non plus. Ce qui a été signé n'est pas perdu si vous le copiez d'ici, en base64 : { $kept }
ctl-given-up = Vous avez abandonné. Rien n'a été signé ni modifié.

# Les avertissements en toutes lettres.
warning-check-digits = Les chiffres de contrôle de ce numéro ne correspondent pas ; quelques numéros de ce genre existent.
warning-impossible-birth-date = La date de naissance dans ce numéro national n'existe pas, comme pour les personnes de test.
warning-unchecked = On ne connaît aucun moyen de contrôler un tel numéro.
warning-start-in-past = La relation de soins commence avant aujourd'hui.
warning-longer-than-usual = La période est plus longue que d'habitude pour cette relation de soins.
warning-no-usual-period = Il n'y a pas de date de fin, et aucune n'est habituelle : la plateforme applique sa propre période.
warning-longer-than-proof = La période est plus longue que ce que permet une telle preuve, pour autant qu'on sache.
warning-stronger-proof-expected = Une preuve plus forte est attendue pour une telle relation de soins.
warning-card-not-read = Aucune carte n'a été lue : son numéro a été saisi.
warning-author-not-listed = Pour autant qu'on sache, un tel auteur ne peut pas faire cela.
warning-unusual-party = Ce genre de relation de soins, ou d'exclusion, n'est pas prévu pour un tel prestataire.
warning-person-missing = Aucune personne n'est nommée derrière l'organisation ou le programme qui le demande.
warning-number-missing = Il manque un numéro attendu d'un tel auteur.
warning-unusual-length = De telles parties n'ont pas de numéros de cette longueur.
warning-type-not-in-use = La plateforme n'enregistre plus de consentements de ce type.
warning-card-number-missing = Un prestataire enregistre ce consentement sans le numéro de la carte du patient.
warning-isi-card-doubtful = Il n'est pas certain qu'une carte ISI+ suffise pour un consentement.
warning-birth-date-unknown = Le jour de naissance n'est pas connu ; personne ne peut donc dire si le patient a seize ans.
warning-minor-decides = À partir de seize ans, les mineurs décident eux-mêmes ; ici, quelqu'un d'autre agit pour le patient.
warning-no-signature-certificate = À seize ou dix-sept ans, aucune carte n'a de certificat pour signer.
warning-not-in-document = Il n'y a pas de place pour cela dans le document ; c'est conservé à côté.
warning-no-official-text = Il n'y a pas de texte officiel dans la langue demandée : le texte néerlandais a été montré.
warning-dates-not-given = Les dates de la relation de soins n'ont pas été données : la plateforme ne trouvera peut-être pas ce qui doit prendre fin.
warning-time-stamp-missing = Il n'y a pas d'horodatage : le service n'était pas joignable, ou sa réponse n'était pas correcte.

# Ce que voit le patient.
dialog-title = Signer avec votre eID
dialog-asked-by-page = Le site { $origin } demande votre signature.
dialog-asked-by-program = Un programme qui se présente comme { $program } demande votre signature.
dialog-holder = Carte de : { $name }
dialog-covered = Avec votre code PIN, vous signez :
dialog-registered = Sera enregistré en même temps, hors de la signature :
dialog-patient = patient : { $name }
dialog-provider = prestataire de soins, selon la demande : { $name }
dialog-id-inss = NISS { $value }
dialog-id-nihii = INAMI { $value }
dialog-id-cbe = BCE { $value }
dialog-id-eid-card = numéro de carte { $value }
dialog-id-isi-card = numéro de carte ISI+ { $value }
dialog-id-application = identifiant d'application { $value }
dialog-day = date : { $day }
dialog-type = relation de soins : { $type }
dialog-period = du { $start } au { $end } (non compris)
dialog-period-open = à partir du { $start }
dialog-comment = remarque, selon le prestataire : { $text }
dialog-patient-stated = patient, selon la demande : { $name }
dialog-author = demandé par, selon la demande : { $name }
dialog-citizen = demandé par : { $name }
dialog-representative = agit pour le patient, selon la demande : { $name }
dialog-break-the-glass = motif donné pour un accès sans relation de soins : { $text }
dialog-revoked = Prendra fin en même temps, hors de la signature :
dialog-strict-revoked = Attention : il sera mis fin à cette relation de soins. La signature elle-même ne le dit pas.
dialog-links-one = Avec votre code PIN, vous signez pour une relation de soins.
dialog-links = Avec votre code PIN, vous signez pour { $count } relations de soins.
dialog-link-of = Relation de soins { $number } sur { $count }
dialog-signed-for-link = Vous signez :
dialog-unsigned-link = Sera enregistré en même temps, sans votre signature :
dialog-tries-left = Essais restants : { $tries }
dialog-last-try = C'est le dernier essai. Après un nouveau code incorrect, la carte est bloquée et seule la commune peut aider. Continuer ?
dialog-tries-unknown = Le dernier essai a échoué et le nombre d'essais restants n'est pas connu. Après trois codes incorrects, la carte est bloquée. Continuer ?
dialog-pin = Code PIN :
dialog-pin-after-pages = Avec votre code PIN, vous signez ce que vous venez de lire.
dialog-not-a-pin = Un code PIN a de 4 à 12 chiffres. Rien n'a été envoyé à la carte.
dialog-sign = Signer
dialog-yes = Oui
dialog-cancel = Annuler
dialog-keypad = Choisissez Continuer, puis tapez votre code PIN sur le lecteur de cartes.
dialog-keypad-change = Choisissez Continuer. Le lecteur de cartes demande alors votre code PIN actuel et deux fois le nouveau.
dialog-go-on = Continuer

# Des fichiers que l'on signe.
dialog-content-unknown = Attention : beidd ne connaît pas le contenu de ce qui est signé ici. Ne continuez que si vous faites confiance au demandeur.
dialog-file-one = Avec votre code PIN, vous signez ce fichier :
dialog-files = Avec votre code PIN, vous signez ces { $count } fichiers :
dialog-file = { $name }, { $type }, { $size } octets, { $digest }
dialog-file-by-digest = { $name }, { $type }, { $digest }
dialog-content-not-shown = Le contenu d'un fichier n'est affiché ici que si c'est un texte court. Si vous ne connaissez pas encore un fichier, ouvrez-le avant de signer.
dialog-pin-once = Vous tapez votre code PIN une fois ; la carte fait alors { $count } signatures.
dialog-pin-each = La carte fait { $count } signatures. Le lecteur de cartes demande votre code PIN { $count } fois.
dialog-keypad-several = Choisissez Continuer, puis tapez votre code PIN sur le lecteur de cartes chaque fois qu'il le demande.

# Un code PIN vérifié ou changé.
dialog-verify-title = Vérifier votre code PIN
dialog-asked-to-verify-by-page = Le site { $origin } demande de faire vérifier votre code PIN.
dialog-asked-to-verify-by-program = Un programme qui se présente comme { $program } demande de faire vérifier votre code PIN.
dialog-verify-in-short = La carte compare votre code PIN. Rien n'est signé.
dialog-verify = Vérifier
dialog-change-title = Changer votre code PIN
dialog-asked-to-change-by-page = Le site { $origin } demande de changer votre code PIN.
dialog-asked-to-change-by-program = Un programme qui se présente comme { $program } demande de changer votre code PIN.
dialog-change-in-short = Vous tapez d'abord votre code PIN actuel, puis vous en choisissez un nouveau. Rien n'est signé.
dialog-change = Changer
dialog-old-pin = Code PIN actuel :
dialog-new-pin-text = Choisissez un nouveau code PIN de 4 à 12 chiffres.
dialog-new-pin = Nouveau code PIN :
dialog-new-pin-again-text = Tapez encore une fois le nouveau code PIN.
dialog-new-pin-again = Encore une fois :
dialog-new-pins-differ = Les deux nouveaux codes PIN n'étaient pas les mêmes. Rien n'a été envoyé à la carte.

# À quoi sert un lecteur.
dialog-role-title = À quoi sert un lecteur de cartes
dialog-asked-for-role-by-page = Le site { $origin } veut changer ce à quoi sert un lecteur de cartes.
dialog-asked-for-role-by-program = Un programme qui se présente comme { $program } veut changer ce à quoi sert un lecteur de cartes.
dialog-reader = Lecteur de cartes : { $name }
dialog-role-now = Maintenant : { $role }
dialog-role-then = Désormais, si vous dites oui : { $role }
dialog-role-patient = pour les cartes des patients
dialog-role-provider = pour la carte personnelle du prestataire de soins, jamais celle d'un patient
dialog-role-any = pour toute carte

# Un consentement donné ou retiré.
dialog-consent-put = objet : enregistrer le consentement au partage des données de santé
dialog-consent-revoke = objet : retirer le consentement au partage des données de santé
dialog-consent-type = il porte sur : { $type }
dialog-consent-signed = consentement donné le : { $day }
dialog-consent-revoked = consentement retiré le : { $day }
dialog-consent-text = texte : { $id }, langue { $language }, version { $version } ; vous le lisez en entier aux pages suivantes
dialog-consent-acts = agit pour le patient, selon la demande : { $name }, { $capacity }
dialog-consent-effect = Un retrait vaut dans toute la Belgique. Les prestataires de soins qui utilisaient ce consentement ne peuvent plus s'en servir pour consulter des données de santé partagées, et tous les services fondés sur lui s'arrêtent.
dialog-consent-provider-signs = Vous signez comme prestataire de soins, et non comme patient.
dialog-consent-text-title = Texte officiel ({ $language })
dialog-consent-in-short = Avec votre code PIN, vous signez l'enregistrement et le texte officiel que vous venez de lire.
dialog-explanation-title = Explication, et non le texte officiel
dialog-glossary-mark = Mots du texte officiel. Cette explication n'est pas signée.
