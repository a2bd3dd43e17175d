package io.advunlearn.service.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * An API key as a keys file holds it: not the key, but its salted SHA-256. A slow hash such as PBKDF2 protects secrets that people choose
 * against guessing; these have 256 random bits, which nobody guesses, and are checked with every request.
 *
 * @param id who has it, {@code [a-z0-9][a-z0-9.-]{0,63}}
 * @param role on the admin API, {@code null} for none
 * @param tenant on the image API, {@code null} for none
 * @param salt 16 bytes, hex
 * @param sha256 of the salt and the key's text, hex
 * @param createdAt when it was made
 * @param expiresAt from when it is no longer accepted, {@code null} for never
 */
public record StoredKey(String id, @JsonInclude(JsonInclude.Include.NON_NULL) String role, @JsonInclude(JsonInclude.Include.NON_NULL) String tenant,
        String salt, String sha256, Instant createdAt, @JsonInclude(JsonInclude.Include.NON_NULL) Instant expiresAt) {

    /** What every key begins with, so that people and scanners recognise one. */
    public static final String PREFIX = "advk_";

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");
    private static final int SECRET_BYTES = 32;
    private static final int SALT_BYTES = 16;
    private static final int DIGEST_BYTES = 32;

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public StoredKey {
        if (id == null || !ID.matcher(id).matches()) {
            throw new IllegalArgumentException("id must match " + ID.pattern());
        }
        if (role == null && tenant == null) {
            throw new IllegalArgumentException("key " + id + " needs a role, a tenant or both");
        }
        if (role != null) {
            Role.of("role", role);
        }
        if (tenant != null) {
            Identity.requireTenant("tenant", tenant);
        }
        hex("salt", salt, SALT_BYTES);
        hex("sha256", sha256, DIGEST_BYTES);
    }

    private static void hex(String field, String value, int bytes) {
        if (value == null || !value.matches("[0-9a-f]{" + 2 * bytes + "}")) {
            throw new IllegalArgumentException(field + " must be " + 2 * bytes + " hexadecimal digits in lower case");
        }
    }

    /**
     * A new key.
     *
     * @param text what its owner sends; it is kept nowhere
     */
    public record Created(StoredKey stored, String text) { }

    /** @param role {@code null} for none; @throws IllegalArgumentException naming the field and what is accepted */
    public static Created create(String id, Role role, String tenant, Instant expiresAt) {
        SecureRandom random = new SecureRandom();
        byte[] secret = new byte[SECRET_BYTES];
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(secret);
        random.nextBytes(salt);
        String text = PREFIX + id + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        return new Created(new StoredKey(id, role == null ? null : role.word(), tenant, HexFormat.of().formatHex(salt),
                HexFormat.of().formatHex(digest(salt, text)), Instant.now(), expiresAt), text);
    }

    /** The id that a key's text names; {@code null} if it is no key. */
    static String idOf(String text) {
        int end = text.startsWith(PREFIX) ? text.indexOf('_', PREFIX.length()) : -1;
        return end < 0 ? null : text.substring(PREFIX.length(), end);
    }

    /** Takes the same time for every wrong text. */
    boolean matches(String text) {
        return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), digest(HexFormat.of().parseHex(salt), text));
    }

    boolean isExpired(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }

    Identity identity() {
        return new Identity(id, role == null ? null : Role.of("role", role), tenant, null);
    }

    private static byte[] digest(byte[] salt, String text) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(salt);
            return sha.digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
