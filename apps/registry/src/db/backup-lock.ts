/**
 * What keeps objects where they are while a backup is made: it copies the database first and then the objects that its rows name. A backup
 * holds this lock for itself; who is about to remove objects shares it, for as long as it takes to say so in the database.
 */
export const BACKUP_LOCK = "hashtextextended('graft:backup', 0)";
