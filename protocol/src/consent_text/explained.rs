//! Short explanation of the statement in our own words, for patients who do not read Dutch.

use super::primary;

/// An explanation beside the official text. It is no translation, cannot be signed, and says so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// Two letters.
    pub language: &'static str,
    /// Notice of its legal status: always shown above it.
    pub mark: &'static str,
    /// The text, a paragraph a line.
    pub text: &'static str,
}

/// The explanation in `language` (`fr`, `fr-BE`), if there is one.
#[must_use]
pub fn explanation(language: &str) -> Option<&'static Explanation> {
    let wanted = primary(language);
    EXPLANATIONS.iter().find(|one| one.language == wanted)
}

static EXPLANATIONS: [Explanation; 3] = [
    Explanation {
        language: "fr",
        mark: "Explication, sans valeur légale. Vous signez la demande et le texte officiel, pas cette explication.",
        text: "Vous permettez aux soignants qui vous soignent d'échanger par voie électronique vos données de santé, et de \
               noter à quels endroits de telles données existent.\n\
               Seuls les soignants avec lesquels vous avez une relation de soins y ont accès, et seulement à ce qui est \
               utile pour vos soins. Un comité public doit autoriser ces échanges.\n\
               Vous pouvez demander que certaines données ne soient pas partagées, exclure un soignant par son nom, et \
               savoir qui a consulté vos données.\n\
               Vous pouvez retirer votre accord à tout moment.\n\
               Prenez votre temps, et posez vos questions avant de signer.\n",
    },
    Explanation {
        language: "de",
        mark: "Erklärung ohne rechtliche Gültigkeit. Unterschrieben werden der Antrag und der amtliche Text, nicht diese Erklärung.",
        text: "Sie erlauben den Personen, die Sie behandeln oder pflegen, Ihre Gesundheitsdaten elektronisch auszutauschen \
               und festzuhalten, an welchen Orten es solche Daten gibt.\n\
               Zugang hat nur, wer Sie wirklich behandelt oder pflegt, und nur zu dem, was dafür nötig ist. Ein \
               öffentlicher Ausschuss muss diesen Austausch genehmigen.\n\
               Sie können verlangen, dass bestimmte Daten nicht geteilt werden, jemanden namentlich ausschließen und \
               erfahren, wer Ihre Daten eingesehen hat.\n\
               Sie können Ihre Einwilligung jederzeit zurückziehen.\n\
               Nehmen Sie sich Zeit, und stellen Sie Ihre Fragen, bevor Sie unterschreiben.\n",
    },
    Explanation {
        language: "en",
        mark: "An explanation, without legal force. What is signed is the request and the official text, not this explanation.",
        text: "You allow the people who care for you to share your health data electronically, and to keep a list of the \
               places where such data exist.\n\
               Only those who really treat or care for you have access, and only to what they need for that. A public \
               committee must approve this sharing.\n\
               You can ask for certain data not to be shared, shut out a care provider by name, and find out who has \
               looked at your data.\n\
               You can take your consent back at any time.\n\
               Take your time, and ask whatever you want to know before you sign.\n",
    },
];
