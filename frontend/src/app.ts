// Everything a page needs, in one script. A page works without it: it only makes the work quicker.
import "./requests";
import "./focus";
import "./dialogs";
import "./toasts";
import "./panel";
import "./theme";
import "./live";
import "./keys";
import "./scroll";
import "./journal";
import "./webauthn";
import "./copy";
import "./upload";
import "./mentions";
import "./shown";
