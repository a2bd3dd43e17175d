package io.advunlearn.service.admin;

import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The least role of every operation of the admin API, whichever host serves it. What is not listed needs {@link Role#ADMIN}. An operation may ask
 * for more where a field of its body does, see {@link #require}.
 */
public final class AdminPermissions {

    /** Method and path below {@link AdminApi#PREFIX}; a star is any name. */
    private static final Map<String, Role> LEAST = new LinkedHashMap<>();

    static {
        pipelines();
        encoders();
        jobs();
        uploads();
        LEAST.put("GET registry/verify", Role.VIEWER);
        LEAST.put("POST registry/gc", Role.ADMIN);
        LEAST.put("GET audit", Role.VIEWER);
        LEAST.put("GET schemas/*", Role.VIEWER);
        // DJL Serving's
        LEAST.put("GET traced-encoders", Role.VIEWER);
        LEAST.put("GET traced-encoders/*", Role.VIEWER);
        LEAST.put("PUT traced-encoders/*", Role.ADMIN);
    }

    private static void pipelines() {
        LEAST.put("GET pipelines", Role.VIEWER);
        LEAST.put("GET pipelines/*", Role.VIEWER);
        LEAST.put("POST pipelines/*/preview", Role.OPERATOR);
        LEAST.put("GET pipelines/*/text-encoder", Role.VIEWER);
        LEAST.put("GET pipelines/*/text-encoder/checksum", Role.VIEWER);
        LEAST.put("PUT pipelines/*/text-encoder", Role.OPERATOR);
        LEAST.put("POST pipelines/*/text-encoder", Role.OPERATOR);
        LEAST.put("POST pipelines/*/text-encoder/rollback", Role.OPERATOR);
        LEAST.put("GET pipelines/*/rollout", Role.VIEWER);
        LEAST.put("GET pipelines/*/routes", Role.VIEWER);
        LEAST.put("GET pipelines/*/routes/*", Role.VIEWER);
        LEAST.put("PUT pipelines/*/routes/*", Role.OPERATOR);
        LEAST.put("DELETE pipelines/*/routes/*", Role.OPERATOR);
    }

    private static void encoders() {
        LEAST.put("GET encoders", Role.VIEWER);
        LEAST.put("GET encoders/*", Role.VIEWER);
        LEAST.put("GET encoders/*/lineage", Role.VIEWER);
        LEAST.put("PUT encoders/*/labels/*", Role.OPERATOR);
        LEAST.put("DELETE encoders/*/labels/*", Role.OPERATOR);
        LEAST.put("POST encoders", Role.ADMIN);
        LEAST.put("DELETE encoders/*", Role.ADMIN);
        // whoever has the weights can search prompts offline
        LEAST.put("GET encoders/*/files/*", Role.ADMIN);
    }

    private static void uploads() {
        for (String operation : List.of("GET uploads", "POST uploads", "GET uploads/*", "DELETE uploads/*", "GET uploads/*/files/*", "PUT uploads/*/files/*",
                "POST uploads/*/complete")) {
            LEAST.put(operation, Role.ADMIN);
        }
    }

    private static void jobs() {
        for (String jobs : List.of("erasures", "evaluations")) {
            LEAST.put("GET " + jobs, Role.VIEWER);
            LEAST.put("POST " + jobs, Role.OPERATOR);
            LEAST.put("GET " + jobs + "/*", Role.VIEWER);
            LEAST.put("GET " + jobs + "/*/report.html", Role.VIEWER);
            LEAST.put("GET " + jobs + "/*/events", Role.VIEWER);
            LEAST.put("DELETE " + jobs + "/*", Role.OPERATOR);
        }
        LEAST.put("POST erasures/*/resume", Role.OPERATOR);
        LEAST.put("POST erasures/*/promotion", Role.OPERATOR);
        LEAST.put("GET evaluations/*/contact-sheet.png", Role.VIEWER);
    }

    private AdminPermissions() {
    }

    /**
     * @param template path below {@link AdminApi#PREFIX}, without the first slash, with a star for each name
     * @return whether the operation is listed
     */
    public static boolean isListed(String method, String template) {
        return LEAST.containsKey(key(method, template));
    }

    /** @param template as for {@link #isListed} */
    public static Role least(String method, String template) {
        return LEAST.getOrDefault(key(method, template), Role.ADMIN);
    }

    /** For hosts that know no templates; of several that fit, the strictest counts. @param segments of a request's path below {@link AdminApi#PREFIX} */
    public static Role least(String method, List<String> segments) {
        return LEAST.entrySet().stream().filter(entry -> fits(entry.getKey(), method, segments)).map(Map.Entry::getValue).max(Role::compareTo)
                .orElse(Role.ADMIN);
    }

    /** Whoever may read may ask for the headers alone. */
    private static String key(String method, String template) {
        return (method.equals("HEAD") ? "GET" : method) + " " + template;
    }

    private static boolean fits(String key, String method, List<String> segments) {
        int space = key.indexOf(' ');
        List<String> template = Arrays.asList(key.substring(space + 1).split("/"));
        if (!key.equals(key(method, key.substring(space + 1))) || template.size() != segments.size()) {
            return false;
        }
        for (int i = 0; i < template.size(); i++) {
            if (!template.get(i).equals("*") && !template.get(i).equals(segments.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** @param what asks for the role, for the message; @throws ProblemException 403 if the caller does not have it */
    static void require(Identity caller, Role role, String what) {
        if (!caller.may(role)) {
            throw new ProblemException(Problem.forbidden(caller, role, what));
        }
    }
}
