// What only scanners ask for, and how attack tools call themselves. Short on purpose: a sign that an honest client could show would
// be a false alarm for good.

const PATHS = [
  /\/\.(env|git|svn|hg|aws|ssh|docker|kube|htaccess|htpasswd|npmrc|DS_Store|vscode|idea)(\b|$)/i,
  /\.(php\d?|aspx?|jspx?|cgi|sql|bak|old|swp|pem|key|p12|pfx|sqlite|tar\.gz|zip)$/i,
  /\/(wp-(admin|login|content|includes)|xmlrpc|phpmyadmin|pma|adminer|cgi-bin|server-(status|info)|actuator|jenkins|solr|owa|autodiscover|boaform|hnap1|manager\/html|vendor\/phpunit|_ignition|telescope|debug\/pprof|console)(\/|$)/i,
  /\/etc\/passwd|(\.\.|%2e%2e)(\/|%2f|\\|%5c)|%00/i,
];

const AGENTS =
  /\b(sqlmap|nikto|nuclei|masscan|zgrab|gobuster|dirbuster|dirb|ffuf|fuzz faster|feroxbuster|wfuzz|wpscan|acunetix|nessus|openvas|netsparker|arachni|hydra|medusa|whatweb|jorgee|zmeu|w3af|havij|commix|nmap|burpcollaborator|owasp zap)\b/i;

/** @param path without its query */
export function isScannerPath(path: string): boolean {
  return PATHS.some((pattern) => pattern.test(path));
}

export function isScannerAgent(agent: string | undefined): boolean {
  return agent !== undefined && AGENTS.test(agent);
}
