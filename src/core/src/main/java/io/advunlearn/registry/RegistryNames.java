package io.advunlearn.registry;

import java.util.regex.Pattern;

/** Names that become file names: short, portable, and without any way out of their directory. */
final class RegistryNames {

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern ATTACHMENT = Pattern.compile("report\\.json|samples/[a-z0-9][a-z0-9._-]{0,63}\\.png");

    private RegistryNames() {
    }

    static boolean isId(String id) {
        return id != null && ID.matcher(id).matches();
    }

    /** @param field what the id names, for the message */
    static String requireId(String field, String id) {
        if (!isId(id)) {
            throw new RegistryException(field + " must match [a-z0-9][a-z0-9._-]{0,63}, not " + quoted(id));
        }
        return id;
    }

    static String requireAttachment(String name) {
        if (name == null || !ATTACHMENT.matcher(name).matches()) {
            throw new RegistryException("name must be report.json or samples/<name>.png, not " + quoted(name));
        }
        return name;
    }

    static String quoted(String value) {
        if (value == null) {
            return "null";
        }
        String shown = value.length() <= 80 ? value : value.substring(0, 80) + "...";
        return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
